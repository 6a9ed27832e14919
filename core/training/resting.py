"""Memory between turns: whatever holds trainers can let go of their buffers until it works again."""


class Resting:
    """Holds trainers, or others that hold them: in its attributes, or in lists and dicts there.

    The buffers of updates are most of the memory of a stack. The next update makes them again, with the same numbers.
    """

    def rest(self) -> None:
        """Let go of the buffers of everything held here."""
        for value in vars(self).values():
            held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
            for each in held:
                if isinstance(each, Resting):
                    each.rest()
