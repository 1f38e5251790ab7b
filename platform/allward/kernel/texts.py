"""A sentence for a person, in both languages of the platform."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """The same sentence in English and Chinese."""

    en: str
    zh: str

    def to_json(self) -> dict[str, str]:
        """Return the JSON form that the wire and the database use."""
        return {"en": self.en, "zh": self.zh}

    def followed_by(self, other: "Text") -> "Text":
        """Return both sentences, one after the other."""
        return type(self)(f"{self.en} {other.en}", f"{self.zh}{other.zh}")
