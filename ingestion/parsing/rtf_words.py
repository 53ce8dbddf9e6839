"""What RTF's words and numbers stand for: signs, code pages, and the groups that hold no text."""

WESTERN = "cp1252"
BY_CHARSET = {
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    130: "johab",
    134: "gb18030",
    136: "cp950",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
}
BY_PAGE = {65001: "utf-8", 10000: "mac_roman", 936: "gb18030", 54936: "gb18030"}
SKIPPED = frozenset(
    b"colortbl stylesheet pict sp shprslt nonesttables themedata listtable filetbl revtbl generator author "
    b"operator company keywords category doccomm comment hlinkbase subject manager xe tc tcn".split()
)
READ_THOUGH_STARRED = frozenset({b"shpinst", b"annotation", b"shptxt", b"footnote"})
SIGNS = {
    b"tab": "\t",
    b"line": "\n",
    b"emdash": "\u2014",
    b"endash": "\u2013",
    b"bullet": "\u2022",
    b"lquote": "\u2018",
    b"rquote": "\u2019",
    b"ldblquote": "\u201c",
    b"rdblquote": "\u201d",
    b"emspace": " ",
    b"enspace": " ",
    b"nestcell": " | ",
    b"nestrow": " ",
}
SYMBOLS = {b"~": "\u00a0", b"_": "\u2011", b"{": "{", b"}": "}", b"\\": "\\"}
