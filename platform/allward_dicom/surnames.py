"""Chinese surnames whose reading differs from the character's usual one, and surnames of two characters."""

SINGLE: dict[str, tuple[str, ...]] = {
    "曾": ("zeng",), "单": ("shan",), "單": ("shan",), "吕": ("lv",), "呂": ("lv",), "仇": ("qiu",),
    "解": ("xie",), "区": ("ou",), "區": ("ou",), "查": ("zha",), "朴": ("piao", "pu"), "盖": ("ge", "gai"),
    "蓋": ("ge", "gai"), "翟": ("zhai", "di"), "乐": ("yue", "le"), "樂": ("yue", "le"), "覃": ("qin", "tan"),
    "缪": ("miao",), "繆": ("miao",), "黑": ("he", "hei"), "召": ("shao", "zhao"), "种": ("chong",),
    "員": ("yun",), "员": ("yun",), "折": ("she",), "祭": ("zhai",), "繁": ("po",), "牟": ("mou", "mu"),
    "尉": ("wei",), "佴": ("nai",), "洗": ("xian",), "冼": ("xian",), "隗": ("wei", "kui"), "秘": ("bi",),
    "薄": ("bo",), "柏": ("bai",), "贲": ("ben",), "谌": ("chen", "shen"), "諶": ("chen", "shen"),
    "都": ("du",), "句": ("gou",), "勾": ("gou",), "炅": ("gui",), "纪": ("ji",), "紀": ("ji",),
    "阚": ("kan",), "闾": ("lv",), "宓": ("mi", "fu"), "乜": ("nie",), "能": ("nai",), "粘": ("nian",),
    "瞿": ("qu",), "曲": ("qu",), "撒": ("sa",), "沈": ("shen",), "盛": ("sheng",), "石": ("shi",),
    "适": ("kuo",), "睢": ("sui",), "眭": ("sui",), "宿": ("su",), "相": ("xiang",), "颉": ("xie",),
    "郇": ("xun", "huan"), "燕": ("yan",), "幺": ("yao",), "应": ("ying",), "於": ("yu",), "恽": ("yun",),
    "昝": ("zan",), "臧": ("zang",), "占": ("zhan",), "仉": ("zhang",), "訾": ("zi",), "俞": ("yu",),
    "万": ("wan",), "萬": ("wan",), "任": ("ren",), "车": ("che",), "車": ("che",), "宁": ("ning",),
    "那": ("na",), "华": ("hua",), "華": ("hua",), "卜": ("bu",), "褚": ("chu",), "晁": ("chao",),
    "逄": ("pang",), "哈": ("ha",), "长": ("chang", "zhang"), "葛": ("ge",), "焦": ("jiao",), "干": ("gan",),
    "强": ("qiang",), "行": ("xing",), "藏": ("zang",), "降": ("jiang",), "和": ("he",), "洪": ("hong",),
    "参": ("shen",), "叶": ("ye",), "葉": ("ye",), "邸": ("di",), "侯": ("hou",), "龟": ("gui",),
}  # fmt: skip
"""Character -> readings as a surname, the usual one first; ü is written v."""

COMPOUND: dict[str, str] = {
    "欧阳": "ou yang", "歐陽": "ou yang", "尉迟": "yu chi", "尉遲": "yu chi", "单于": "chan yu",
    "單于": "chan yu", "万俟": "mo qi", "萬俟": "mo qi", "长孙": "zhang sun", "長孫": "zhang sun",
    "澹台": "tan tai", "澹臺": "tan tai", "令狐": "ling hu", "鲜于": "xian yu", "鮮于": "xian yu",
    "司马": "si ma", "司馬": "si ma", "诸葛": "zhu ge", "諸葛": "zhu ge", "上官": "shang guan",
    "夏侯": "xia hou", "皇甫": "huang fu", "公孙": "gong sun", "公孫": "gong sun", "慕容": "mu rong",
    "宇文": "yu wen", "司徒": "si tu", "轩辕": "xuan yuan", "东方": "dong fang", "東方": "dong fang",
    "独孤": "du gu", "獨孤": "du gu", "南宫": "nan gong", "南宮": "nan gong", "西门": "xi men",
    "申屠": "shen tu", "太史": "tai shi", "公羊": "gong yang", "赫连": "he lian", "钟离": "zhong li",
    "濮阳": "pu yang", "淳于": "chun yu", "拓跋": "tuo ba", "端木": "duan mu", "司空": "si kong",
    "闻人": "wen ren", "呼延": "hu yan", "百里": "bai li", "东郭": "dong guo", "梁丘": "liang qiu",
    "左丘": "zuo qiu", "第五": "di wu", "闾丘": "lv qiu", "亓官": "qi guan", "公冶": "gong ye",
    "宗政": "zong zheng", "太叔": "tai shu", "仲孙": "zhong sun", "谷梁": "gu liang", "羊舌": "yang she",
    "乐正": "yue zheng", "漆雕": "qi diao", "公良": "gong liang", "夹谷": "jia gu", "段干": "duan gan",
    "完颜": "wan yan", "叶赫": "ye he", "纳兰": "na lan", "司寇": "si kou", "巫马": "wu ma",
    "公西": "gong xi", "颛孙": "zhuan sun", "子车": "zi ju", "车正": "che zheng", "贯丘": "guan qiu",
}  # fmt: skip
"""Surname of two characters -> its reading."""
