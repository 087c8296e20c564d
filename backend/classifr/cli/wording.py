"""Numbers, sentences and names as they are said on one line of a terminal."""


def count(number: int, noun: str) -> str:
    """`1 image`, `2 images`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def sentence(text: str) -> str:
    """`text` with one mark at its end."""
    text = text.rstrip(" .:")
    return text if text.endswith(("?", "!")) else f"{text}."


def one_line(text: str) -> str:
    """`text` without line breaks, nor anything else a terminal would obey."""
    return printable(" ".join(text.split()))


def printable(text: str) -> str:
    """`text` with control characters and undecodable bytes written out."""
    return "".join(
        character
        if character.isprintable()
        else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text
    )
