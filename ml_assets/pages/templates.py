"""The templates of every page. Every value is escaped by Jinja; pictures are PNGs of our own."""

PAGE = """\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline';
img-src data:; script-src 'sha256-{{ script_hash }}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title><style>{{ style }}</style></head><body><main>
<h1>{{ title }}</h1>
<p class="dim">{{ subtitle }}</p>
<div class="tiles">{% for tile in tiles -%}
<div class="tile {{ tile.level }}"><b>{{ tile.value }}</b><span>{{ tile.name }}</span></div>
{%- endfor %}</div>
<nav>{% for section in sections %}<a href="#{{ section.key }}">{{ section.title }}</a>{% endfor %}</nav>
{% for section in sections %}
<section id="{{ section.key }}"><h2>{{ section.title }}</h2>
{% if section.about %}<p class="dim">{{ section.about }}</p>{% endif %}
{{ section.body }}
{% if section.more %}<p class="dim">{{ section.more }}</p>{% endif %}
</section>
{% endfor %}
</main><script>{{ script }}</script></body></html>
"""

ROW = """\
<tr>{% for cell in cells %}<td class="{{ 'n' if loop.index0 in numbers else 'wrap' }}">
{{- cell }}</td>{% endfor %}</tr>
"""

TABLE = """\
<div class="box"><table><thead><tr>{% for name in head -%}
<th data-sort="" class="{{ 'n' if loop.index0 in numbers }}">{{ name }}</th>
{%- endfor %}</tr></thead><tbody>{{ rows }}</tbody></table></div>
"""

BOX = """<div class="box">{{ body }}</div>"""

TAG = """<span class="tag {{ level }}">{{ text }}</span>"""

FIGURE = """\
<figure><img alt="{{ caption }}" src="data:image/png;base64,{{ content }}">
<figcaption class="dim">{{ caption }}</figcaption></figure>
"""

TEMPLATES = {
    "page": PAGE,
    "row": ROW,
    "table": TABLE,
    "box": BOX,
    "tag": TAG,
    "figure": FIGURE,
}
