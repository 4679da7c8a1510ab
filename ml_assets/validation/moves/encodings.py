"""Names the change of writing that made new texts of known ones: their case, spaces, numbers, names."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import filterfalse, islice

from ml_assets.validation.moves.move import Pair

# So much of the rows with new texts must be explained.
_EXPLAINED = 0.8
_TRUE = frozenset({"true", "t", "yes", "y", "1", "on", "1.0"})
_FALSE = frozenset({"false", "f", "no", "n", "0", "off", "0.0"})
_RENAMED = 0.15
_MOST_NEW, _MOST_GONE = 40, 400
_MIN_RENAMED, _MOST_RENAMED = 0.01, 10
# Of fewer rows chance gives any two values the same share.
_ROWS_RENAMED = 10
_NO_LETTERS = re.compile(r"[\W_]+")


def encoding_text(pair: Pair, guess: bool = True) -> str:
    """Say how the writing of texts changed; empty where no rule explains the new ones.

    Parameters
    ----------
    pair : Pair
        Of texts.
    guess : bool
        Whether a new value may be a gone one for no other reason than that it has its share.
    """
    known, now = pair.reference.listed, pair.current.listed
    unseen = now.keys() - known.keys()
    if not unseen or sum(map(now.__getitem__, unseen)) <= pair.new_limit * pair.current.rows / 2:
        return ""
    # The most frequent ones show the rule, and are among the most frequent of the other side.
    new = {text: now[text] for text in islice(filter(unseen.__contains__, now), _MOST_NEW)}
    rows = sum(new.values())
    gone = list(islice(filterfalse(now.__contains__, known), _MOST_GONE))
    gone = gone or list(islice(known, _MOST_GONE))
    placeholder = _placeholder(pair, new, rows)
    if placeholder:
        return placeholder
    texts = "\n".join((*new, *gone))
    of_lines = texts.count("\n") < len(new) + len(gone)
    for words, normal, needed in _RULES:
        if of_lines and not needed.search(texts):
            continue
        before = {normal(text): text for text in reversed([*gone])}
        explained = [(text, before[form]) for text in new if (form := normal(text)) in before]
        if sum(new[text] for text, _ in explained) >= _EXPLAINED * rows:
            text, original = explained[0]
            return words if pair.hides_values else f"{words}: {text[:40]!r} was {original[:40]!r}"
    rules = (_affix, _cut, _renamed) if guess else (_affix, _cut)
    return next((explanation for rule in rules if (explanation := rule(pair, new, gone))), "")


def _number(text: str) -> str:
    try:
        return f"number {float(text.replace(',', ''))!r}"
    except ValueError:
        return text


def _truth(text: str) -> str:
    word = text.strip().lower()
    return "true" if word in _TRUE else "false" if word in _FALSE else text


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", text)
    return "".join(part for part in parts if not unicodedata.combining(part))


def _read_right(text: str) -> str:
    if text.isascii():
        return text
    for wrong in ("cp1252", "latin-1"):
        try:
            return text.encode(wrong).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
    return text


_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
# At an end, two in a row, or another one than the plain space.
_ODD_SPACES = re.compile(r"^\s|\s$|  |[^\S \n]", re.MULTILINE)
_NOT_LOWER = re.compile(r"[A-Z]|[^\x00-\x7f]|^\s|\s$", re.MULTILINE)
# What a rule does to a text; and what at least one of the texts, each a line, must have for it.
_RULES: tuple[tuple[str, Callable[[str], str], re.Pattern[str]], ...] = (
    ("spaces were added or taken away", lambda text: " ".join(text.split()), _ODD_SPACES),
    ("upper and lower case changed", lambda text: text.strip().casefold(), _NOT_LOWER),
    (
        "numbers are written in another way",
        _number,
        re.compile(r"^[\s,+-]*(\.?,*\d|inf|nan)", re.IGNORECASE | re.MULTILINE),
    ),
    (
        "true and false are written in another way",
        _truth,
        re.compile(
            rf"^\s*({'|'.join(map(re.escape, sorted(_TRUE | _FALSE)))})\s*$",
            re.IGNORECASE | re.MULTILINE,
        ),
    ),
    (
        "punctuation changed",
        lambda text: _NO_LETTERS.sub("", text.casefold()) or text,
        re.compile(r"[^\w\n]|_"),
    ),
    ("UTF-8 was read as Latin-1", _read_right, _NOT_ASCII),
    # Of ASCII the case alone can change.
    ("accents changed", lambda text: _without_accents(text).casefold(), _NOT_ASCII),
)


def _placeholder(pair: Pair, new: dict[str, int], rows: int) -> str:
    """Words that stand for a missing value."""
    from ml_assets.validation.cells.placeholders import CLEAR, DOUBTFUL

    words = {"", "none", *CLEAR, *DOUBTFUL}
    matching = [text for text in new if text.strip().lower() in words]
    if sum(new[text] for text in matching) < _EXPLAINED * rows:
        return ""
    share = sum(new[text] for text in matching) / max(1, pair.current.rows)
    return f"missing values are written as {matching[0][:40]!r} in {share:.1%} of the rows"


def _affix(pair: Pair, new: dict[str, int], gone: list[str]) -> str:
    """The same letters before or behind every value, added or taken away."""
    rows = sum(new.values())
    for longer, shorter, way in ((list(new), gone, "added"), (gone, list(new), "taken away")):
        for behind, affix in _affixes(longer, set(shorter)):
            changed = {(text[: -len(affix)] if behind else text[len(affix) :]): text for text in longer
                       if (text.endswith(affix) if behind else text.startswith(affix))}  # fmt: skip
            hits = [text for text in shorter if text in changed]
            explained = sum(
                new.get(changed[text], 0) if way == "added" else new.get(text, 0) for text in hits
            )
            if len(hits) > 1 and explained >= _EXPLAINED * rows:
                where = "behind" if behind else "before"
                return f"{affix[:20]!r} was {way} {where} every value"
    return ""


def _affixes(longer: list[str], shorter: set[str]) -> Iterator[tuple[bool, str]]:
    """What the first long texts have before or behind a short one."""
    for text in longer[:3]:
        for cut in range(1, len(text)):
            if text[cut:] in shorter:
                yield False, text[:cut]
            if text[:-cut] in shorter:
                yield True, text[-cut:]


def _cut(pair: Pair, new: dict[str, int], gone: list[str]) -> str:
    """Values cut to a length: each new one is the beginning of a known one."""
    longest = max(map(len, new))
    starts = {text[:longest]: text for text in pair.reference.listed if len(text) > longest}
    cut = [text for text in new if text in starts]
    if longest and sum(new[text] for text in cut) >= _EXPLAINED * sum(new.values()):
        text = f"values are cut to {longest} characters"
        example = f": {cut[0][:40]!r} was {starts[cut[0]][:40]!r}"
        return text if pair.hides_values else text + example
    return ""


def _renamed(pair: Pair, new: dict[str, int], gone: list[str]) -> str:
    """A new value with the share of a gone one."""
    known, old_rows, new_rows = pair.reference.listed, pair.reference.rows, pair.current.rows
    now, guesses = pair.current.listed, []
    frequent = [
        item for item in new.items() if item[1] >= max(_ROWS_RENAMED, _MIN_RENAMED * new_rows)
    ]
    away = [text for text in gone if text not in now] if frequent else []
    for text, count in sorted(frequent, key=lambda item: -item[1])[:_MOST_RENAMED]:
        share = count / new_rows
        near = [old for old in away if abs(known[old] / old_rows - share) <= _RENAMED * share]
        if near:
            old = min(near, key=lambda old: abs(known[old] / old_rows - share))
            away.remove(old)
            text = f"{text[:40]!r} now ({share:.1%})"
            guesses.append(f"{old[:40]!r} (was {known[old] / old_rows:.1%}) may be written {text}")
    if guesses and pair.hides_values:
        return "a value may be written in another way now"
    return "; ".join(guesses[:2])
