"""The interactive page in a real browser: what a reader does with it, and what a hostile spec cannot do."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

import archdsl
from tests.browser.conftest import Visit

expect = pytest.importorskip("playwright.sync_api").expect

CASES = Path(__file__).parents[1] / "cases" / "language"
Box = "[role=treeitem]"
SVG = "http://www.w3.org/2000/svg"


def item(page: Any, path: str) -> Any:
    return page.locator(f'{Box}[data-path="{path}"]')


def shown(page: Any) -> list[str]:
    """The paths of all boxes and frames, in the order in which they stand."""
    found: list[str] = page.eval_on_selector_all(Box, "all => all.map(each => each.dataset.path)")
    return found


def row(page: Any, name: str) -> str:
    """What the card says about something."""
    text: str = page.locator(f"#card dt:text-is('{name}') + dd").inner_text()
    return text


@pytest.mark.parametrize(
    "spec",
    ["resnet50", "swin_t", "googlenet", "vit_b16", str(CASES / "unet.arch"), str(CASES / "hrnet.arch")],
    ids=lambda spec: Path(spec).stem,
)
def test_everything_that_is_shown_is_drawn(visit: Visit, spec: str) -> None:
    page = visit(spec)
    assert 4 < page.locator(".box").count() <= 40
    page.select_option("#depth", "all")
    ops = {node.path for node in archdsl.load(spec).graph}
    assert ops <= set(shown(page))
    # Boxes have extents and lie apart from each other: Graphviz placed them all.
    overlaps = page.evaluate(
        """() => {
          const boxes = [...document.querySelectorAll('.box > .shape')].map((each) => each.getBBox());
          return boxes.some((a, i) => a.width < 9 || boxes.slice(i + 1).some((b) =>
            a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height));
        }"""
    )
    assert not overlaps
    assert page.locator(".edge").count() >= len(ops)


MODELS = "densenet121 efficientnet_b7 googlenet resnet50 swin_t vit_b16"


@pytest.mark.parametrize("spec", [*MODELS.split(), str(CASES / "unet.arch")], ids=lambda spec: Path(spec).stem)
def test_first_view_fits_the_window_and_can_be_read(visit: Visit, spec: str) -> None:
    page = visit(spec)
    scale, inside = page.evaluate(
        """() => {
          const [scene, room] = ['#scene', 'main'].map((name) => document.querySelector(name).getBoundingClientRect());
          const inside = scene.left >= room.left && scene.right <= room.right
            && scene.top >= room.top && scene.bottom <= room.bottom;
          return [document.querySelector('#scene').getCTM().a, inside];
        }"""
    )
    assert inside
    assert 12 * scale >= 9  # pixels


@pytest.mark.parametrize("direction", ["TB", "BT", "LR", "RL"])
def test_columns_go_on_where_they_end(visit: Visit, direction: str) -> None:
    """Each column begins with the number that the one before ends with; a frame that is cut has a part in each."""
    narrow = {"width": 1440, "height": 700} if direction in ("TB", "BT") else {"width": 900, "height": 900}
    page = visit("googlenet", looks={"direction": direction, "depth": 2}, viewport=narrow)
    ends = page.eval_on_selector_all(".link-end + text", "all => all.map(each => each.textContent)")
    assert ends == [str(number // 2 + 1) for number in range(len(ends))]
    assert len(ends) >= 2
    assert page.locator(".frame").count() > page.locator(".head").count()
    held = page.evaluate(
        """() => {
          const [frames, boxes] = ['.frame', '.box.op > .shape, .box.block > .shape'].map((name) =>
            [...document.querySelectorAll(name)].map((each) => each.getBoundingClientRect()));
          return boxes.filter((box) => frames.some((frame) => box.left >= frame.left && box.right <= frame.right
            && box.top >= frame.top && box.bottom <= frame.bottom)).length;
        }"""
    )
    inside = [path for path in shown(page) if path.startswith("maps.") and "…" not in path]
    assert held >= len(inside)
    item(page, "maps").dispatch_event("click")
    assert page.locator(".frame").count() == page.locator(".head").count()


def test_options_are_the_first_view(visit: Visit) -> None:
    looks = {"depth": 1, "unfold": ("c3",), "color": "params", "direction": "LR", "theme": "print"}
    page = visit("resnet50", looks=looks, color_scheme="dark")
    paths = shown(page)
    assert {"c3.blocks.0", "c3.blocks.1…"} <= set(paths)
    assert not [path for path in paths if path.startswith(("c2.", "c4.", "c5."))]
    assert page.locator("#colour").input_value() == "params"
    first, last = item(page, "input").bounding_box(), item(page, "output").bounding_box()
    assert last["x"] > first["x"] + 200
    assert abs(last["y"] - first["y"]) < 200
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    everything = visit("resnet50", looks={"depth": "all", "fold": ("c4",)})
    assert {"c5.blocks.1.add", "c5.blocks.2.add", "c4"} <= set(shown(everything))
    assert not [path for path in shown(everything) if path.startswith("c4.")]


def test_blocks_unfold_and_fold_by_click(visit: Visit) -> None:
    page = visit("resnet50")
    page.select_option("#depth", "1")
    assert "c3.blocks.0" not in shown(page)
    place = item(page, "c3").bounding_box()
    item(page, "c3").click()
    assert {"c3.blocks.0", "c3.blocks.1…"} <= set(shown(page))
    assert item(page, "c3").get_attribute("aria-expanded") == "true"
    title = item(page, "c3").bounding_box()
    for axis in ("x", "y"):  # what was clicked stays under the hand
        assert abs(title[axis] - place[axis]) < 8
    item(page, "c3").click()
    assert "c3.blocks.0" not in shown(page)
    assert item(page, "c3").get_attribute("aria-expanded") == "false"


def test_one_of_the_repeats_stands_for_all(visit: Visit) -> None:
    page = visit("resnet50", looks={"depth": 2})
    repeat = item(page, "c4.blocks.1…")
    assert "Bottleneck(256) ×5" in repeat.inner_html()
    repeat.dispatch_event("click")
    paths = shown(page)
    assert "c4.blocks.1.add" in paths  # the first block's inside …
    assert not [
        path for path in paths if path.startswith(("c4.blocks.1", "c4.blocks.2")) and path.endswith("c4.blocks.2.add")
    ]
    assert page.locator(".edge.skip").count() == 1  # … with its shortcut, past the branch
    assert row(page, "Holds") == "5 alike"
    page.click("#card >> text=Show all 5")
    assert {f"c4.blocks.{n}" for n in range(1, 6)} <= set(shown(page))
    page.click("#card >> text=Show one for all")
    assert "c4.blocks.3" not in shown(page)


def test_detail(visit: Visit) -> None:
    page = visit("resnet50")
    assert page.locator("#depth").input_value() == "overview"
    page.keyboard.press("[")
    assert shown(page) == ["input", "stem", "max_pool", "c2", "c3", "c4", "c5", "global_avg_pool", "head", "output"]
    assert page.locator("#depth").input_value() == "1"
    page.keyboard.press("]")
    assert page.locator(".box").count() == 176  # 174 ops, the input, the output
    assert page.locator("#depth").input_value() == "all"
    page.select_option("#depth", "overview")
    item(page, "c2").dispatch_event("click")
    assert page.locator("#depth").input_value() == ""  # by hand


def test_card_by_hover_and_by_focus(visit: Visit) -> None:
    page = visit("resnet50")
    assert page.locator("#card").is_hidden()
    page.select_option("#depth", "1")
    item(page, "head").hover()
    assert page.locator("#card h2").inner_text() == "head"
    assert row(page, "Input") == "2048"
    assert row(page, "Output") == "1000"
    assert row(page, "Parameters") == "2,049,000 · 2.05 M · 8.0 %"
    assert row(page, "MACs") == "2,048,000 · 2.05 M · 0.1 %"
    assert page.locator("#card figcaption").inner_text() == "specs/resnet50.arch:18"
    assert "dense(classes) as head" in page.locator("#card pre").inner_text()
    assert page.locator(".edge.near").count() == 2
    page.mouse.move(5, 500)
    page.locator("#diagram").dispatch_event("pointerleave")
    assert page.locator("#card").is_hidden()
    item(page, "stem").focus()
    assert page.locator("#card h2").inner_text() == "stem"
    assert row(page, "Trainable") == "9,536"  # 128 of the 9,664 are moving statistics
    assert "Convolution without bias, norm, activation." in page.locator("#card .doc").inner_text()
    page.click("#card .link >> text=max_pool")
    assert page.locator("#card h2").inner_text() == "max_pool"


def test_shared_weights_say_whose_they_are(visit: Visit) -> None:
    page = visit(str(CASES / "shared.arch"), looks={"depth": 1})
    assert [text.count("weights of p3.head") for text in page.locator(Box).all_text_contents() if "Head" in text] == [
        0,
        1,
    ]
    item(page, "p4.head").hover()
    assert row(page, "Weights of") == "p3.head"
    page.select_option("#depth", "all")
    titles = page.locator("#diagram text").all_text_contents()
    assert [title for title in titles if "weights of" in title] == ["Head(32, classes=5), weights of p3.head"]


def test_what_gives_several_shapes_says_each(visit: Visit) -> None:
    page = visit(str(CASES / "hrnet.arch"), looks={"depth": 1})
    sizes = page.locator("#diagram text.size").all_text_contents()
    assert [sizes.count(size) for size in ("32×32×18", "16×16×36")] == [3, 2]  # into the exchanges, and out of them


def test_search_opens_what_is_folded(visit: Visit) -> None:
    page = visit("resnet50")
    page.keyboard.press("/")
    page.keyboard.type("C5 convbnact pad=1")
    assert page.locator("#found").inner_text() == "3 matches"
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.locator("#found").inner_text() == "2 of 3"
    assert page.locator("#card h2").inner_text().startswith("c5.blocks.1")
    page.keyboard.press("Shift+Enter")
    assert page.locator("#found").inner_text() == "1 of 3"
    box = page.locator(".chosen").bounding_box()
    assert 0 < box["x"] < 1100
    assert 60 < box["y"] < 850
    page.fill("#query", "no such thing")
    assert page.locator("#found").inner_text() == "nothing"
    assert page.locator("#next").is_disabled()
    page.keyboard.press("Escape")
    assert page.locator("#query").input_value() == ""
    assert page.evaluate("document.activeElement.getAttribute('role')") == "treeitem"


def test_links_lead_to_parts(visit: Visit) -> None:
    page = visit("resnet50", "#c4.blocks.3.main.conv2.conv")
    assert page.locator("#card h2").inner_text() == "c4.blocks.3.main.conv2.conv"
    assert item(page, "c4.blocks.3.main.conv2.conv").is_visible()
    item(page, "c4.blocks.3.add").click()
    assert page.evaluate("location.hash") == "#c4.blocks.3.add"
    page.evaluate("location.hash = 'stem'")
    expect(page.locator("#card h2")).to_have_text("stem")
    page.evaluate("location.hash = '%E0%A4%A'")  # no text in UTF-8: nobody's path
    page.evaluate("location.hash = 'nothing'")
    assert page.locator("#card h2").inner_text() == "stem"


def test_keyboard_alone(visit: Visit) -> None:
    page = visit("resnet50")
    page.select_option("#depth", "1")
    page.locator("#ask").focus()
    page.keyboard.press("Tab")
    focus = "document.activeElement.dataset.path"
    assert page.evaluate(focus) == "input"
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    assert page.evaluate(focus) == "c2"
    page.keyboard.press("Enter")
    assert "c2.blocks.0" in shown(page)
    assert page.evaluate(focus) == "c2"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focus) == "c2.blocks.0"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(focus) == "c2"
    assert "c2.blocks.0" not in shown(page)
    page.keyboard.press("End")
    assert page.evaluate(focus) == "output"
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    assert page.evaluate(focus) == "input"
    assert page.locator(f"{Box}[tabindex='0']").count() == 1
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#help").is_hidden()


def test_zoom_and_pan(visit: Visit) -> None:
    page = visit("resnet50")

    def place() -> list[float]:
        matrix: list[float] = page.evaluate(
            "(() => { const m = document.querySelector('#scene').getCTM(); return [m.a, m.e, m.f]; })()"
        )
        return matrix

    before, first = place(), page.locator("#scene").get_attribute("transform")
    page.mouse.move(700, 400)
    page.mouse.wheel(0, -300)
    expect(page.locator("#scene")).not_to_have_attribute("transform", first)
    assert place()[0] > before[0] * 1.2
    page.mouse.move(300, 700)
    page.mouse.down()
    page.mouse.move(400, 650, steps=3)
    page.mouse.up()
    moved = place()
    page.mouse.move(300, 700)
    page.click("#farther")
    assert place()[0] < moved[0]
    page.click("#closer")
    page.keyboard.press("0")
    frame = page.locator("#scene").bounding_box()
    assert frame["x"] >= 0  # all of it
    assert 50 <= frame["y"] <= frame["y"] + frame["height"] <= 900
    item(page, "input").focus()
    at = place()
    page.keyboard.press("Shift+ArrowDown")
    assert place()[2] < at[2]


def test_colours(visit: Visit) -> None:
    page = visit("resnet50", looks={"color": "macs"}, color_scheme="dark")
    assert page.locator("#legend").inner_text().startswith("< 0.3 % of MACs")
    heats = page.eval_on_selector_all(".box", "all => all.map(box => box.style.getPropertyValue('--fill'))")
    assert {"var(--heat-0, var(--plain))", "var(--heat-4, var(--plain))"} <= set(heats)
    fill = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(fill) == "rgb(20, 24, 29)"
    page.keyboard.press("t")
    assert page.evaluate(fill) == "rgb(255, 255, 255)"
    page.select_option("#colour", "")
    assert (
        "convolution" in page.locator("#legend").inner_text() or "folded block" in page.locator("#legend").inner_text()
    )


def test_text_can_be_read_in_both_themes(visit: Visit) -> None:
    """At least 4.5 to 1 against the fill, as WCAG 2.2 asks of text, for every family of ops and for folded blocks."""
    for scheme in ("light", "dark"):
        page = visit("efficientnet_b0", color_scheme=scheme)
        page.select_option("#depth", "all")
        ratios = page.evaluate(
            """() => {
              const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
              const light = (colour) => {
                pen.fillStyle = colour;
                pen.fillRect(0, 0, 1, 1);
                const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map((part) =>
                  (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
              };
              return [...document.querySelectorAll('.box')].map((box) => {
                const parts = [box.querySelector('text'), box.querySelector('.shape')];
                const [a, b] = parts.map((part) => light(getComputedStyle(part).fill));
                return Math.max(a, b) / Math.min(a, b);
              });
            }"""
        )
        assert min(ratios) >= 4.5, scheme


def test_phone(visit: Visit) -> None:
    page = visit("resnet50", viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.select_option("#depth", "1")
    page.evaluate("location.hash = 'c3'")
    expect(page.locator("#card")).to_be_visible()
    box, card = item(page, "c3").bounding_box(), page.locator("#card").bounding_box()
    assert box["y"] + box["height"] <= card["y"]  # the card covers what it tells about nowhere
    item(page, "c3").tap()
    assert "c3.blocks.0" in shown(page)


def test_print_shows_all(visit: Visit) -> None:
    page = visit("resnet50", color_scheme="dark")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("#diagram").get_attribute("viewBox")
    assert page.locator("#scene").get_attribute("transform") is None
    assert page.locator(".tools").is_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#diagram").get_attribute("viewBox") is None


HOSTILE = """## </script><script>alert(1)</script><img src=x onerror=alert(2)> "><svg onload=alert(3)> %s
block Evil(name: str) {
  conv(4) as a -> relu as b
}
## <!--<script> ]]> \\n"];x[URL="javascript:alert(4)"]
model Net() :: [8, 8, 3] -> [8, 8, 4] { Evil("%s") as outer }
"""
STRING = "'></script><img src=x onerror=alert(5)>&lt;\\\"];n0[label=<b>x</b>] ${alert(6)} \u2028\u202e"


def test_a_hostile_spec_stays_text(visit: Visit) -> None:
    name = "<img src=x onerror=alert(7)>.arch"
    page = visit(archdsl.load_text(HOSTILE % (STRING, STRING), name=name), "#outer")
    assert "<script>alert(1)</script>" in page.locator("#card .doc").inner_text()
    assert "onerror=alert(5)" in page.locator("#card .call").inner_text()
    assert name in page.locator("#card figcaption").inner_text()
    page.fill("#query", "<img src=x onerror=alert(8)>")
    page.evaluate("location.hash = '<img src=x onerror=alert(9)>'")
    page.select_option("#depth", "all")
    assert {"outer", "outer.a", "outer.b"} <= set(shown(page))
    assert page.locator("img, body script:not(#data):nth-of-type(n+4), #diagram a").count() == 0
    assert page.evaluate("document.title") == "Net"


def test_policy_lets_nothing_else_run(visit: Visit) -> None:
    """Should markup ever get in: it does not run, and it loads nothing."""
    page = visit("lenet5", complains=True)
    ran = page.evaluate(
        """async () => {
          const refused = [];
          document.addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective));
          const script = document.createElement('script');
          script.textContent = 'window.ran = true';
          document.body.append(script);
          await fetch('https://example.invalid/').catch(() => {});
          await new Promise((done) => setTimeout(done, 50));
          return [window.ran ?? false, refused.sort()];
        }"""
    )
    assert ran == [False, ["connect-src", "script-src-elem"]]


def test_the_diagram_is_saved_as_a_picture_of_its_own(visit: Visit) -> None:
    page = visit("resnet50")
    shown = page.locator("#diagram .box text").all_text_contents()
    with page.expect_download() as saving:
        page.click("#save")
    assert saving.value.suggested_filename == "ResNet50.svg"
    saved = ET.fromstring(saving.value.path().read_text(encoding="utf-8"))
    box = f".//{{{SVG}}}g[@class='box block']"
    assert saved.findall(box), "boxes are there"
    assert "--fill" in (saved.findall(f".//{{{SVG}}}g[@role='treeitem']")[2].get("style") or ""), "with their colours"
    assert set(shown) <= {text.text for text in saved.iter(f"{{{SVG}}}text")}
    width, height = (float(side) for side in saved.attrib["viewBox"].split()[2:])
    assert min(width, height) > 200


def test_everything_of_a_long_model_is_in_columns(visit: Visit) -> None:
    page = visit("efficientnet_b3")
    page.select_option("#depth", "all")
    page.wait_for_selector("#diagram .again", state="attached")
    corners = page.eval_on_selector_all("#diagram .box", "all => all.map(each => each.getBoundingClientRect().x)")
    assert max(corners) - min(corners) > 700, "no hairline"
    assert page.locator("#diagram .again").first.text_content().startswith("… ")


def test_the_card_shows_code_and_leaves_free_what_it_tells_about(visit: Visit) -> None:
    text = (
        "## Has a `conv`.\nblock Part() { conv(4) -> relu }\nmodel Net() :: [8, 8, 3] -> [8, 8, 4] { Part -> relu }\n"
    )
    page = visit(archdsl.load_text(text), looks={"depth": 1}, viewport={"width": 800, "height": 700})
    part = page.locator(".box.block").first
    part.hover()
    assert page.locator("#card .doc code").all_inner_texts() == ["conv"]
    assert "`" not in page.locator("#card").inner_text()
    far = visit("resnet50", looks={"depth": "all", "direction": "LR"}, viewport={"width": 1000, "height": 700})
    boxes = far.locator(".box").all()
    seen = [(each, at) for each in boxes if (at := each.bounding_box()) and 700 < at["x"] < 990 and 60 < at["y"] < 300]
    assert seen, "something lies where the card is at first"
    for each, at in seen[:3]:
        each.hover(position={"x": at["width"] / 2, "y": at["height"] / 2}, force=True)
        card = far.locator("#card").bounding_box()
        assert card["x"] >= at["x"] + at["width"] or card["x"] + card["width"] <= at["x"] or card["y"] > at["y"]
