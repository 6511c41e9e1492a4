"""Work for a workplace: words by their letters; those with a `d` leave no file."""

from collections.abc import Iterable, Iterator


class Letters:
    def emit(self, item: str) -> list[tuple[str, bytes]]:
        return [(letter, item.encode()) for letter in item]

    def reduce(self, key: str, pieces: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
        if key != "d":
            yield f"letter-{key}", b",".join(sorted(pieces))
