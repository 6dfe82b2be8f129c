"""The shared parts of pages, and the switch of large letters."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.template import engines
from django.test import Client

from duokua.kernel.text import Text
from duokua.shell.components import Kpi, Wrong


def drawn(source: str, **values: object) -> str:
    """Render a template as a page does."""
    return engines["django"].from_string(source).render(values)


@pytest.mark.parametrize("name", ["red", "orange", "yellow", "blue", "normal"])
def test_a_grade_has_colour_shape_and_word(db: None, name: str) -> None:
    shapes = {
        each: re.search(r"<(path d=\"[^\"]+|circle [^/]+)", drawn(f'{{% grade "{each}" %}}'))
        for each in ("red", "orange", "yellow", "blue", "normal")
    }
    found = drawn('{% grade name "61 %" %}', name=name)
    assert f'class="grade {name}"' in found
    assert re.search(r"</svg>\w+</span>", found)
    assert "61 %" in found
    assert len({match.group(0) for match in shapes.values() if match}) == 5


def test_a_figure_leads_to_its_definition(db: None) -> None:
    kpi = Kpi(
        Text("甲", "A"), 1234, url="/a/", meaning="/b/", trend=(1, 2), trend_title=Text("乙", "B")
    )
    found = drawn('{% include "shell/kpi.html" %}', kpi=kpi)
    assert "1,234" in found and 'href="/a/"' in found and 'href="/b/"' in found
    assert "<polyline" in found
    assert "—" in drawn('{% include "shell/kpi.html" %}', kpi=Kpi(Text("甲", "A"), None))


def test_a_mistake_leads_to_its_field(db: None) -> None:
    wrong = Wrong("quota", Text("过大", "too large"), Text("改小", "make it smaller"))
    found = drawn('{% include "shell/error_summary.html" %}', faults=[wrong])
    assert 'href="#quota"' in found and 'role="alert"' in found
    assert drawn('{% include "shell/error_summary.html" %}', faults=[]).strip() == ""


def test_to_confirm_needs_no_script(sign_in: Callable[..., Client]) -> None:
    page = sign_in("steward_a").get("/style/").content.decode()
    form = re.search(r'<details class="confirm">.*?</details>', page, re.DOTALL)
    assert form and 'method="post"' in form.group(0) and "csrfmiddlewaretoken" in form.group(0)


def test_what_is_shown_is_escaped(db: None) -> None:
    evil = "<script>1</script>"
    kpi = Kpi(Text(evil, evil), 1, note=Text(evil, evil))
    assert evil not in drawn(
        '{% include "shell/kpi.html" %}{% grade "red" evil %}', kpi=kpi, evil=evil
    )


def test_large_letters_are_kept(client: Client, db: None) -> None:
    answer = client.post("/set/letters/", {"elder": "on", "next": "/sign-in/"})
    assert answer.headers["Location"] == "/sign-in/"
    assert " data-elder" in client.get("/sign-in/").content.decode()
    client.post("/set/letters/", {"elder": "<x>"})
    assert " data-elder" in client.get("/sign-in/").content.decode()
    client.post("/set/letters/", {"elder": "off", "next": "//evil.example"})
    assert " data-elder" not in client.get("/sign-in/").content.decode()
