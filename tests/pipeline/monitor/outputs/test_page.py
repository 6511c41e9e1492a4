import re
from dataclasses import replace

from pipeline.monitor.outputs.page import render_page


def test_the_page_says_what_the_terminal_says(make_outcome, alarmed, quiet, truth):
    page = render_page(make_outcome(alarmed, truth))
    assert 'class="verdict bad"' in page and "ALARM: contrast" in page
    assert "It can&#39;t see concept drift" in page
    for finding in alarmed.findings:
        assert f'<th scope="row">{finding.name}</th>' in page
    assert page.count("BELOW its floor") == 2
    assert "And 70 more" in page  # of 120 corrections
    assert 'class="verdict good"' in render_page(make_outcome(quiet))


def test_trends_need_a_span_before(make_outcome, alarmed, quiet):
    assert "This span and those before" in render_page(make_outcome(quiet))
    assert "This span and those before" not in render_page(make_outcome(alarmed))


def test_nothing_is_fetched_and_a_name_is_no_markup(make_outcome, quiet):
    odd = tuple(replace(one, label="<b>ill</b>") for one in quiet.unusual)
    page = render_page(make_outcome(replace(quiet, unusual=odd), model="<i>lungs</i>"))
    assert "<b>" not in page and "<i>" not in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)


def test_a_shadow_has_a_section(make_outcome, quiet, shadowed):
    page = render_page(make_outcome(quiet, shadow=shadowed))
    assert "The shadow: version 4" in page and "By labels" in page
    assert page.count("McNemar") == 1 and "Where the two differ most" in page
    assert "The shadow" not in render_page(make_outcome(quiet))
