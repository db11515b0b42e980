#!/usr/bin/env python3
"""Typesets the user manual as a PDF: typeset.py OUTPUT.pdf CHAPTER.md...

The chapters are Markdown files. Of Markdown they may use headings of two levels, paragraphs, lists, blocks of code, tables,
`code`, *italic* and **bold**. A first line `<!-- front -->` puts a chapter on the pages with roman numbers;
`<!-- columns -->` sets it in two columns. The contents follow the first file. The same input gives the same bytes.
"""

import pathlib
import re
import sys

try:
    import pyphen
    from reportlab import rl_config
    from reportlab.lib.colors import HexColor
    from reportlab.lib.enums import TA_JUSTIFY, TA_LEFT
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFError, TTFont
    from reportlab.platypus import (BaseDocTemplate, CondPageBreak, Flowable, Frame, KeepTogether, LongTable,
                                    NextPageTemplate, PageBreak, PageTemplate, Paragraph, Spacer, TableStyle)
except ImportError as error:
    sys.exit(f"typeset: {error}. Install the packages python3-reportlab and python3-pyphen and run this with /usr/bin/python3.")

TITLE = "Infolio User Manual"
AUTHOR = "The Infolio project"
PAGE = (432, 648)  # 6 x 9 inches
LEFT, RIGHT, TOP, BOTTOM = 54, 54, 64, 62
WIDTH, HEIGHT = PAGE[0] - LEFT - RIGHT, PAGE[1] - TOP - BOTTOM
GAP = 18  # between two columns
INK, RULE, SHADE = HexColor("#1a1a1a"), HexColor("#8a8a8a"), HexColor("#f2f1ee")

FONTS = {
    ("Serif", 0, 0): "LiberationSerif-Regular", ("Serif", 0, 1): "LiberationSerif-Italic",
    ("Serif", 1, 0): "LiberationSerif-Bold", ("Serif", 1, 1): "LiberationSerif-BoldItalic",
    ("Mono", 0, 0): "LiberationMono-Regular", ("Mono", 0, 1): "LiberationMono-Italic",
    ("Mono", 1, 0): "LiberationMono-Bold", ("Mono", 1, 1): "LiberationMono-BoldItalic",
}


def register_fonts():
    for (family, bold, italic), file in FONTS.items():
        name = family + ("-Bold" if bold else "") + ("-Italic" if italic else "")
        try:
            pdfmetrics.registerFont(TTFont(name, f"/usr/share/fonts/truetype/liberation2/{file}.ttf"))
        except TTFError:
            sys.exit(f"typeset: the font {file}.ttf is missing; install the package fonts-liberation2.")
    for family in ("Serif", "Mono"):
        pdfmetrics.registerFontFamily(family, normal=family, bold=family + "-Bold", italic=family + "-Italic",
                                      boldItalic=family + "-Bold-Italic")


_dictionary = pyphen.Pyphen(lang="en_US", left=2, right=3)


def hyphenate(word):
    """Places to break a word, the latest first. A word that has hyphens of its own breaks only there."""
    if "-" in word:
        for at in reversed([m.end() for m in re.finditer("-", word)]):
            if 2 < at < len(word) - 2:
                yield word[:at], word[at:]
        return
    if word[0].isupper():  # names stay whole
        return
    yield from _dictionary.iterate(word)


def style(name, **values):
    base = {"fontName": "Serif", "bulletFontName": "Serif", "fontSize": 10.8, "leading": 14, "textColor": INK,
            "alignment": TA_JUSTIFY, "allowWidows": 0, "allowOrphans": 0, "hyphenationLang": hyphenate,
            "hyphenationMinWordLength": 6, "splitLongWords": 0, "uriWasteReduce": 0, "embeddedHyphenation": 0}
    return ParagraphStyle(name, **{**base, **values})


OPENING = style("opening", fontName="Serif-Bold", fontSize=20, leading=24, alignment=TA_LEFT, hyphenationLang="")


def styles(columns):
    """The paragraph styles, for one column or two."""
    small = {"fontSize": 9.4, "leading": 12.2} if columns else {}
    hanging = {"leftIndent": 9, "firstLineIndent": -9}
    return {
        "first": style("first", **({**small, **hanging} if columns else {})),
        "body": style("body", **({**small, **hanging} if columns else {"firstLineIndent": 15})),
        "section": style("section", fontName="Serif-Bold", fontSize=12.6, leading=16, spaceBefore=14, spaceAfter=4,
                         alignment=TA_LEFT, hyphenationLang=""),
        "item": style("item", leftIndent=16, bulletIndent=3, spaceBefore=2.5, **small),
        "cell": style("cell", fontSize=9.2, leading=11.4, alignment=TA_LEFT, hyphenationLang=""),
        "head": style("head", fontName="Serif-Bold", fontSize=9.2, leading=11.4, alignment=TA_LEFT, hyphenationLang=""),
    }


def curl(text):
    """Straight quotation marks as printers set them."""
    text = re.sub(r'(^|[\s(\[*\u2014])"', "\\1\u201c", text).replace('"', "\u201d")
    return re.sub(r"(^|[\s(\[*\u201c])'", "\\1\u2018", text).replace("'", "\u2019")


def inline(text):
    """Markdown's inline marks as ReportLab's."""
    pieces = re.split(r"(`[^`]+`)", text)
    for i, piece in enumerate(pieces):
        code = piece.startswith("`") and piece.endswith("`") and len(piece) > 2
        piece = (piece[1:-1] if code else piece).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        if code:
            piece = f'<font face="Mono" size="-1.6">{piece}</font>'
        else:
            piece = curl(piece)
            piece = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", piece)
            piece = re.sub(r"\*(.+?)\*", r"<i>\1</i>", piece)
            piece = re.sub(r"\b(pp?\.|ch\.|loc\.|Chapter|Appendix|page|pages) (?=[0-9A-Zivxl])", "\\1\u00a0", piece)
        pieces[i] = piece
    return "".join(pieces)


class Code(Flowable):
    """A block of fixed-width lines on a pale ground."""

    SIZE, LEADING, PAD = 7.7, 10.4, 6

    def __init__(self, lines):
        super().__init__()
        self.lines = lines
        self.spaceBefore = self.spaceAfter = 6
        widest = max(pdfmetrics.stringWidth(line, "Mono", self.SIZE) for line in lines)
        if widest > WIDTH - 2 * self.PAD:
            sys.exit(f"typeset: a code line is {widest - WIDTH + 2 * self.PAD:.0f} points too wide: {max(lines, key=len)}")

    def wrap(self, width, height):
        self.width, self.height = width, len(self.lines) * self.LEADING + 2 * self.PAD
        return self.width, self.height

    def draw(self):
        self.canv.setFillColor(SHADE)
        self.canv.rect(0, 0, self.width, self.height, stroke=0, fill=1)
        text = self.canv.beginText(self.PAD, self.height - self.PAD - self.SIZE)
        text.setFont("Mono", self.SIZE, self.LEADING)
        text.setFillColor(INK)
        for line in self.lines:
            text.textLine(line)
        self.canv.drawText(text)


class Heading(Paragraph):
    """A heading that enters the outline and the contents."""

    def __init__(self, text, paragraph_style, level, title):
        super().__init__(text, paragraph_style)
        self.level, self.title = level, title


class Rule(Flowable):
    def __init__(self, width, thickness=0.6, before=0, after=0):
        super().__init__()
        self.width, self.thickness, self.spaceBefore, self.spaceAfter = width, thickness, before, after

    def wrap(self, width, height):
        return self.width, self.thickness

    def draw(self):
        self.canv.setStrokeColor(RULE)
        self.canv.setLineWidth(self.thickness)
        self.canv.line(0, 0, self.width, 0)


class Columns(Flowable):
    """Paragraphs in two columns, none of them broken, the right column at least as long as the left."""

    def __init__(self, paragraphs):
        super().__init__()
        self.paragraphs = paragraphs

    def arrange(self, width, height):
        """How many paragraphs stand in the left and the right column, and how high that is."""
        heights = [paragraph.wrap((width - GAP) / 2, height)[1] for paragraph in self.paragraphs]
        best = (0, 0, 0)
        for left in range(len(heights) + 1):
            right, used = 0, 0
            while left + right < len(heights) and used + heights[left + right] <= height:
                used, right = used + heights[left + right], right + 1
            if sum(heights[:left]) <= used and (left + right, -used) > (best[0] + best[1], -best[2]):
                best = (left, right, used)
        return best

    def wrap(self, width, height):
        left, right, self.height = self.arrange(width, height)
        self.width = width
        return width, self.height if left + right == len(self.paragraphs) else height + 1

    def split(self, width, height):
        left, right, _ = self.arrange(width, height)
        count = left + right
        return [Columns(self.paragraphs[:count]), Columns(self.paragraphs[count:])] if count else []

    def draw(self):
        left = self.arrange(self.width, self.height)[0]
        for x, column in ((0, self.paragraphs[:left]), ((self.width + GAP) / 2, self.paragraphs[left:])):
            y = self.height
            for paragraph in column:
                y -= paragraph.height
                paragraph.drawOn(self.canv, x, y)


class ContentsLine(Flowable):
    """One line of the contents, linked to its place: a title and, after a gap, its page."""

    def __init__(self, level, title, label, key):
        super().__init__()
        self.level, self.title, self.label, self.key = level, title, label, key
        self.font, self.size = ("Serif-Bold", 10.8) if level == 0 else ("Serif", 10)
        self.spaceBefore = 5 if level == 0 else 0

    def wrap(self, width, height):
        self.width, self.height = width, 12
        return self.width, self.height

    def draw(self):
        c, indent = self.canv, 16 if self.level else 0
        c.setFillColor(INK)
        c.setFont(self.font, self.size)
        c.drawString(indent, 3, self.title)
        c.setFont("Serif-Italic", 10)
        c.drawString(indent + pdfmetrics.stringWidth(self.title, self.font, self.size) + 9, 3, self.label)
        c.linkRect("", self.key, (0, 0, self.width, self.height), relative=1, Border="[0 0 0]")


class TitlePage(Flowable):
    def wrap(self, width, height):
        return width, height

    def draw(self):
        c, middle = self.canv, WIDTH / 2
        c.setFillColor(INK)
        c.setFont("Serif", 44)
        c.drawCentredString(middle, 350, "Infolio")
        c.setStrokeColor(RULE)
        c.setLineWidth(0.8)
        # An open book: two pages on a spine.
        for side in (-1, 1):
            for drop in range(4):
                p = c.beginPath()
                p.moveTo(middle, 316 - drop * 3)
                p.curveTo(middle + side * 12, 326 - drop * 3, middle + side * 30, 324 - drop * 3, middle + side * 44, 317 - drop * 3)
                c.drawPath(p)
        c.setFont("Serif-Italic", 17)
        c.drawCentredString(middle, 270, "User Manual")
        c.setFont("Serif", 10.8)
        c.drawCentredString(middle, 232, "Reading whole books on one machine,")
        c.drawCentredString(middle, 218, "with answers that can be checked")
        c.drawCentredString(middle, 40, AUTHOR)
        c.drawCentredString(middle, 26, "Edition for version 0.1")


class Chapter:
    """One source file as a list of blocks."""

    def __init__(self, path):
        lines = path.read_text(encoding="utf-8").split("\n")
        self.is_front = self.is_columns = False
        while lines[0].startswith("<!--"):
            mark = lines.pop(0).strip("<!-> ")
            self.is_front |= mark == "front"
            self.is_columns |= mark == "columns"
        if not lines[0].startswith("# "):
            sys.exit(f"typeset: {path.name} does not begin with a heading")
        self.title = curl(lines[0][2:].strip())
        self.blocks = list(parse(lines[1:]))


def parse(lines):
    """Blocks as (kind, content)."""
    i = 0
    while i < len(lines):
        line = lines[i]
        if not line.strip():
            i += 1
        elif line.startswith("```"):
            end = next(j for j in range(i + 1, len(lines)) if lines[j].startswith("```"))
            yield "code", lines[i + 1:end]
            i = end + 1
        elif line.startswith("## "):
            yield "section", line[3:].strip()
            i += 1
        else:
            end = i
            while end < len(lines) and lines[end].strip() and not lines[end].startswith(("#", "```")):
                end += 1
            block = lines[i:end]
            i = end
            if block[0].startswith("|"):
                rows = [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in block]
                yield "table", [row for row in rows if not all(set(cell) <= set("-: ") for cell in row)]
            elif re.match(r"(- |\d+\. )", block[0]):
                items = []
                for row in block:
                    mark = re.match(r"(- |\d+\. )", row)
                    if mark:
                        items.append([mark.group(0).strip(), row[mark.end():]])
                    else:
                        items[-1][1] += " " + row.strip()
                yield "list", items
            else:
                yield "paragraph", " ".join(row.strip() for row in block)


def table(rows, look):
    """A table with rules above, below and under its head. Columns share the width by what they hold."""
    def width(cell):
        return sum(pdfmetrics.stringWidth(piece.strip("`*"), "Mono" if piece.startswith("`") else "Serif", 7.6 if piece.startswith("`") else 9.2)
                   for piece in re.split(r"(`[^`]+`)", cell)) + 10

    # Every column but the last is as wide as its widest cell, up to half of the line.
    widths = [min(max(width(row[k]) for row in rows), WIDTH * 0.5) for k in range(len(rows[0]) - 1)]
    widths.append(WIDTH - sum(widths))
    cells = [[Paragraph(inline(cell), look["head" if r == 0 else "cell"]) for cell in row] for r, row in enumerate(rows)]
    result = LongTable(cells, colWidths=widths, repeatRows=1, spaceBefore=7, spaceAfter=9)
    result.setStyle(TableStyle([
        ("FONTNAME", (0, 0), (-1, -1), "Serif"), ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3), ("RIGHTPADDING", (0, 0), (-1, -1), 5),
        ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
        ("LINEABOVE", (0, 0), (-1, 0), 0.9, INK), ("LINEBELOW", (0, 0), (-1, 0), 0.5, RULE), ("LINEBELOW", (0, -1), (-1, -1), 0.9, INK),
    ]))
    return result


def opening(heading):
    """The top of a chapter's first page."""
    return [Spacer(WIDTH, 34), heading, Spacer(WIDTH, 6), Rule(WIDTH, 0.8), Spacer(WIDTH, 20)]


OPENING_PARTS = 5


def flow(chapter, number):
    """The flowables of one chapter, its opening included."""
    look = styles(chapter.is_columns)
    title = f"{number} {chapter.title}" if number else chapter.title
    text = f'<font face="Serif" color="#6b6b6b">{number}</font>&nbsp; {inline(chapter.title)}' if number else inline(chapter.title)
    result = opening(Heading(text, OPENING, None if chapter.is_front else 0, title))
    after_heading = True
    for kind, content in chapter.blocks:
        if kind == "section":
            result.append(CondPageBreak(80))
            result.append(Heading(inline(content), look[kind], None if chapter.is_front else 1, curl(re.sub(r"[`*]", "", content))))
        elif kind == "paragraph":
            result.append(Paragraph(inline(content), look["first" if after_heading else "body"]))
        elif kind == "code":
            # What introduces a block of code, and a heading above that, stays on its page.
            together = [Code(content)]
            if isinstance(result[-1], Paragraph) and len(result[-1].text) < 300:
                together.insert(0, result.pop())
            if isinstance(result[-1], Heading):
                together.insert(0, result.pop())
            result.append(KeepTogether(together))
        elif kind == "table":
            result.append(table(content, look))
        else:
            items = [Paragraph(inline(text), look["item"], bulletText="•" if mark == "-" else mark) for mark, text in content]
            result += items[:-1] + [KeepTogether([items[-1], Spacer(WIDTH, 4)])]
        after_heading = kind != "paragraph"
    if chapter.is_columns:
        result[OPENING_PARTS:] = [Columns(result[OPENING_PARTS:])]
    return result


class Book(BaseDocTemplate):
    """Lays the pages out once, and remembers where headings fell."""

    def __init__(self, output, chapters, entries, front_pages):
        super().__init__(output, pagesize=PAGE, title=TITLE, author=AUTHOR, subject="How to read with Infolio", creator="typeset.py",
                         lang="en", invariant=1, initialFontName="Serif")
        self.front_pages, self.found_front_pages = front_pages, 0
        self.entries, self.opening_pages, self.running = [], set(), ""
        whole = Frame(LEFT, BOTTOM, WIDTH, HEIGHT, 0, 0, 0, 0)
        self.addPageTemplates([
            PageTemplate("title", [whole], onPage=self.prepare),
            PageTemplate("page", [whole], onPage=self.prepare, onPageEnd=self.furnish),
        ])
        self.build(self.story(chapters, entries))

    def story(self, chapters, entries):
        result, number = [TitlePage()], 0
        contents = opening(Heading("Contents", OPENING, None, "Contents"))
        contents += [ContentsLine(*entry) for entry in entries]
        for position, chapter in enumerate(chapters):
            is_numbered = not chapter.is_front and not chapter.title.startswith("Appendix")
            number += is_numbered
            result += [NextPageTemplate("page"), PageBreak()]
            result += flow(chapter, str(number) if is_numbered else "")
            if position == 0:  # the notice, which stands before the contents
                result += [PageBreak()] + contents
        return result

    def label(self):
        if self.page > self.front_pages:
            return str(self.page - self.front_pages)
        return roman(self.page)

    def prepare(self, canvas, _):
        canvas.setTitle(TITLE)
        if self.page == 1:
            canvas.addPageLabel(0, style="ROMAN_LOWER", start=1)
        if self.page == self.front_pages + 1:
            canvas.addPageLabel(self.front_pages, style="ARABIC", start=1)

    def furnish(self, canvas, _):
        """Running head and page number, once the page's headings are known."""
        canvas.setFillColor(INK)
        canvas.setFont("Serif", 9.6)
        canvas.drawCentredString(PAGE[0] / 2, 34, self.label())
        if self.page in self.opening_pages:
            return
        canvas.setFont("Serif-Italic", 9.2)
        number = self.page - self.front_pages if self.page > self.front_pages else self.page
        if number % 2 == 0:
            canvas.drawString(LEFT, PAGE[1] - 42, TITLE)
        else:
            canvas.drawRightString(PAGE[0] - RIGHT, PAGE[1] - 42, self.running)
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(0.4)
        canvas.line(LEFT, PAGE[1] - 47, PAGE[0] - RIGHT, PAGE[1] - 47)

    def afterFlowable(self, flowable):
        if not isinstance(flowable, Heading):
            return
        if flowable.style.name == "opening":
            self.opening_pages.add(self.page)
            self.running = flowable.title
            if flowable.level == 0 and not self.found_front_pages:
                self.found_front_pages = self.page - 1
        if flowable.level is None:
            return
        key = f"h{len(self.entries)}"
        self.canv.bookmarkHorizontal(key, 0, flowable.height)
        self.canv.addOutlineEntry(flowable.title, key, flowable.level, closed=1)
        self.entries.append((flowable.level, flowable.title, self.label(), key))


def roman(number):
    result = ""
    for value, sign in ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")):
        while number >= value:
            result, number = result + sign, number - value
    return result


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__.split("\n")[0])
    rl_config.invariant = 1
    register_fonts()
    chapters = [Chapter(pathlib.Path(path)) for path in sys.argv[2:]]
    entries, front_pages = [], 0
    # The contents' length moves the pages it lists, so the book is laid out until nothing moves.
    for _ in range(6):
        book = Book(sys.argv[1], chapters, entries, front_pages)
        settled = (book.entries, book.found_front_pages) == (entries, front_pages)
        entries, front_pages = book.entries, book.found_front_pages
        if settled:
            return
    sys.exit("typeset: the page numbers do not settle")


if __name__ == "__main__":
    main()
