"""The report's own templates. Every value is escaped by Jinja; only SVG paths are numbers of our own."""

from ml_assets.pages.render import renderer

KEY = """\
<p class="key dim">{% for side in sides %}<i class="k{{ loop.index0 }}"></i>{{ side }}{% endfor %}</p>
"""

SEARCH = """\
<input id="search" type="search" placeholder="Show only columns with ..." hidden>
"""

NOTE = """\
<div class="note"><b class="{{ note.level }}">{{ note.title }}</b>
{{ note.text }}{% if note.examples %}<small>{{ note.examples }}</small>{% endif %}</div>
"""

PICTURE = """\
<svg class="d" viewBox="0 0 320 80" preserveAspectRatio="none" role="img" aria-label="distribution">
{%- for path in picture.paths %}{% if path %}<path class="s{{ loop.index0 }}" d="{{ path }}"/>
{%- endif %}{% endfor -%}
</svg><div class="ax"><span>{{ picture.low }}</span><span>{{ picture.high }}</span></div>
"""

BARS = """\
{% for bar in bars %}<div class="bar"><span title="{{ bar.value }}">{{ bar.value }}</span><div>
{%- for width in bar.widths %}<i class="k{{ loop.index0 }}" style="width:{{ width }}%"></i>
{%- endfor %}</div><span class="n">{{ bar.share }}</span></div>
{% endfor %}
"""

CARD = """\
<article class="card {{ view.level }}" id="{{ view.key }}" data-name="{{ view.name }}">
<header><h3>{{ view.name }}</h3><span class="tag">{{ view.type }}</span></header>
{% if view.picture %}{% set picture = view.picture %}{% include "picture" %}{% endif %}
{% set bars = view.bars %}{% include "bars" %}
{% if view.lines %}
<table>{% if sides|length > 1 %}
<tr><th></th>{% for side in sides %}<th class="n">{{ side }}</th>{% endfor %}</tr>
{% endif %}{% for line in view.lines %}
<tr><td>{{ line.name }}</td>{% for text in line.texts %}<td class="n">{{ text }}</td>{% endfor %}</tr>
{% endfor %}</table>{% endif %}
{% if view.rule %}<p class="rule">Schema: {{ view.rule }}</p>{% endif %}
{% for note in view.notes %}{% include "note" %}{% endfor %}
</article>
"""

OVERVIEW = """\
<tr data-name="{{ view.name }}"><td class="wrap">
{%- if linked %}<a href="#{{ view.key }}">{{ view.name }}</a>{% else %}{{ view.name }}{% endif -%}
</td><td>{{ view.type }}</td>
<td class="n" data-v="{{ view.missing_fraction|round(6) }}">{{ view.missing }}</td>
<td class="n" data-v="{{ view.num_unique }}">{{ view.unique }}</td><td>
{%- if view.spark %}<svg width="80" height="18"><path class="sp" d="{{ view.spark }}"/></svg>{% endif -%}
</td>{% if has_label %}<td class="n" data-v="{{ view.told_share|round(6) }}">{{ view.told }}</td>
{%- endif %}<td>
{%- for note in view.notes[:2] %}<span class="tag {{ note.level }}">{{ note.title }}</span> {% endfor -%}
</td></tr>
"""

FINDING = """\
<tr><td><span class="tag {{ note.level }}">{{ severity }}</span></td><td class="wrap">
{%- if key %}<a href="#{{ key }}">{{ feature }}</a>{% else %}{{ feature }}{% endif -%}
</td><td class="wrap"><b>{{ note.title }}.</b> {{ note.text }}
{%- if note.examples %}<br><span class="dim">Such as {{ note.examples }}</span>{% endif %}</td></tr>
"""

COMPARISON = """\
<div class="two"><div><h3><span class="tag {{ note.level }}">{{ verdict }}</span> {{ feature }}</h3>
<p>{{ note.text }}</p><small class="dim">{{ note.examples }}</small></div><div>
{% if picture %}{% include "picture" %}{% endif %}{% include "bars" %}</div></div>
"""

PAIR = """\
<tr><td class="name">{{ first }}</td><td class="name">{{ second }}</td><td>{{ kind }}</td>
<td class="n" data-v="{{ value }}">{{ shown }}</td>
<td><div class="meter"><i class="{{ 'neg' if value < 0 }}" style="width:{{ width }}%"></i></div></td>
<td class="n">{{ rows }}</td></tr>
"""

TOLD = """\
<tr><td class="name">{{ feature }}</td><td class="n">{{ told }}</td>
<td><div class="meter"><i style="width:{{ width }}%"></i></div></td><td class="n">{{ adjusted }}</td>
<td class="wrap">{% for lift in lifts %}{{ lift.value }} <span class="dim">&times;{{ lift.times }}
{{- " of " ~ lift.of if lift.of }}</span>
{{- ", " if not loop.last }}{% endfor %}</td>
<td>{% if leaks %}<span class="tag warn">known before the label?</span>{% endif %}</td></tr>
"""

CARDS = """<div class="cards">{{ body }}</div>"""

TEMPLATES = {
    "key": KEY,
    "note": NOTE,
    "search": SEARCH,
    "picture": PICTURE,
    "bars": BARS,
    "card": CARD,
    "cards": CARDS,
    "overview": OVERVIEW,
    "finding": FINDING,
    "comparison": COMPARISON,
    "pair": PAIR,
    "told": TOLD,
}

render = renderer(TEMPLATES)
"""Renders one of them, or of those that all pages share."""
