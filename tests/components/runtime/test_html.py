import jinja2
import pytest

from components.runtime.html import html_environment


@pytest.fixture
def render(tmp_path):
    def render(template, **values):
        (tmp_path / "page.html").write_text(template)
        return html_environment(tmp_path).get_template("page.html").render(**values)

    return render


def test_values_are_escaped(render):
    assert render("<p>{{ name }}</p>", name="<b>&'") == "<p>&lt;b&gt;&amp;&#39;</p>"


def test_an_unknown_name_is_an_error(render):
    with pytest.raises(jinja2.UndefinedError, match="'other' is undefined"):
        render("{{ other }}", name="x")


def test_lines_of_tags_leave_no_empty_lines(render):
    template = "<ul>\n  {% for n in numbers %}\n  <li>{{ n }}\n  {% endfor %}\n</ul>"
    assert render(template, numbers=[1, 2]) == "<ul>\n  <li>1\n  <li>2\n</ul>"
