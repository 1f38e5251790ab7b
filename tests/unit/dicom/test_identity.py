import pytest
from hypothesis import given
from hypothesis import strategies as st

from allward_dicom.attributes import PersonName
from allward_dicom.identity import matches, name_keys, query_keys, split_syllables

SURNAMES = {
    "曾国藩": "zengguofan", "单雄信": "shanxiongxin", "吕布": "lvbu", "仇英": "qiuying", "解珍": "xiezhen",
    "区大相": "oudaxiang", "尉迟恭": "yuchigong", "欧阳修": "ouyangxiu", "单于飞": "chanyufei",
    "万俟卨": "moqixie", "查良镛": "zhaliangyong", "覃辉": "qinhui", "缪荃孙": "miaoquansun",
    "翟志刚": "zhaizhigang", "朴树": "piaoshu", "盖聂": "genie", "沈括": "shenkuo", "盛宣怀": "shengxuanhuai",
    "长孙无忌": "zhangsunwuji", "令狐冲": "linghuchong", "諸葛亮": "zhugeliang", "張三": "zhangsan",
    "種师道": "zhongshidao", "种师道": "chongshidao", "任盈盈": "renyingying",
}  # fmt: skip


@pytest.mark.parametrize(("characters", "pinyin"), SURNAMES.items())
def test_surnames_are_read_as_surnames(characters, pinyin):
    assert name_keys(PersonName(None, characters)).pinyin[0] == pinyin


@pytest.mark.parametrize(
    "query", ["张三", "张", "zhangsan", "zs", "ZHANG^SAN", "zhang san", "Zhāng Sān", "Zhang, San"]
)
@pytest.mark.parametrize(
    "name",
    [
        PersonName("Zhang^San", "张^三"),
        PersonName(None, "张三"),
        PersonName("张三"),
        PersonName("Zhang^San^^Dr", "张^三"),
    ],
)
def test_one_person_is_found_however_the_name_is_typed(query, name):
    assert matches(name_keys(name), query)


@pytest.mark.parametrize("query", ["lvbu", "lubu", "lübu", "LÜ^BU", "lǚ bù", "lyubu", "lb", "吕布"])
def test_u_umlaut_is_found_in_every_spelling(query):
    assert matches(name_keys(PersonName(None, "吕布")), query)


@pytest.mark.parametrize("query", ["李四", "lisi", "ls", "zhangsi", "sz", "曾"])
def test_another_name_is_not_found(query):
    assert not matches(name_keys(PersonName("Zhang^San", "张^三")), query)


def test_the_usual_reading_of_a_character_does_not_find_the_surname():
    assert not matches(name_keys(PersonName(None, "曾国藩")), "cengguofan")
    assert not matches(name_keys(PersonName(None, "单雄信")), "danxiongxin")


def test_a_name_of_two_characters_that_is_a_compound_surname_is_found_by_both_readings():
    keys = name_keys(PersonName(None, "单于"))
    assert keys.pinyin == ("chanyu", "shanyu")


def test_the_dicom_form_is_the_one_that_was_sent_or_is_made_from_the_characters():
    assert name_keys(PersonName("Tseng^Kuo-fan", "曾^国藩")).dicom == "TSENG^KUO-FAN"
    assert name_keys(PersonName(None, "欧阳修")).dicom == "OUYANG^XIU"
    assert name_keys(PersonName()).dicom is None
    assert name_keys(PersonName()).search_terms == ()


def test_initials_come_from_syllables_where_the_name_is_pinyin():
    assert name_keys(PersonName("ZHANG^XIAOMING")).initials == ("zx", "zxm")
    assert name_keys(PersonName("Smith^John")).initials == ("sj",)


def test_a_latin_name_is_found_in_either_order():
    keys = name_keys(PersonName("Müller^Jörg"))
    for query in ("muller", "jorg muller", "Müller, Jörg", "mj"):
        assert matches(keys, query), query


@pytest.mark.parametrize(
    ("word", "syllables"), [("xiaoming", ("xiao", "ming")), ("xian", ("xian",)), ("smith", ()), ("", ())]
)
def test_words_are_split_into_syllables(word, syllables):
    assert split_syllables(word) == syllables


def test_characters_and_letters_may_be_mixed():
    assert matches(name_keys(PersonName(None, "张三")), "张san")


def test_nothing_typed_asks_for_nothing():
    assert query_keys("") == query_keys(" ^*") == ()


@given(st.text(max_size=20), st.text(max_size=20))
def test_every_text_has_keys(alphabetic, ideographic):
    keys = name_keys(PersonName(alphabetic or None, ideographic or None))
    assert all(term == term.lower() and " " not in term for term in keys.search_terms)
    query_keys(alphabetic)
