"""What axe-core finds on a screen."""

from __future__ import annotations

from typing import Any

FINDINGS = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
  .filter(({ impact }) => ["serious", "critical"].includes(impact))
  .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} (${failureSummary})`))"""


def assert_sound(page: Any, axe: str, screen: str) -> None:
    """Raise with what is found on the screen as it is."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    found = page.evaluate(FINDINGS)
    assert not found, (screen, found)
