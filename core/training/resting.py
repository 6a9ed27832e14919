"""Frees memory between turns: objects with trainers can release their buffers until they work again."""


class Resting:
    """Has trainers, directly or nested, in its attributes or in lists and dicts there.

    The buffers of updates are most of the memory of a stack. The next update allocates them again, with the same
    results.
    """

    def rest(self) -> None:
        """Free the buffers of all trainers here."""
        for value in vars(self).values():
            held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
            for each in held:
                if isinstance(each, Resting):
                    each.rest()
