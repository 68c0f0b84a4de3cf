"""How the scripts of this folder say numbers of things."""


def counted(number, noun):
    """`1 step`, or `2 steps`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
