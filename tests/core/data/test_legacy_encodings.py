"""Small tables in old encodings, whose few words come again in every row, are read in their language."""

import pytest

from core.data import read_table

TABLES = {  # by encoding: a header, and the words of one column
    "cp1252": [
        ("taille,durée,été", "oui non"),
        ("âge,qualité,y", "Orléans Besançon Sète"),
        ("x,y,sí", "sí no"),
        ("idade,y,região", "não são"),
        ("temp °C,price €,y", "low high"),
        ("n° 5,y,z", "a b"),
        ("Größe,y,z", "süß sauer"),
    ],
    "cp1250": [("x,y,z", "żółty zielony Gdańsk")],
    "cp1251": [("возраст,рост,цвет", "красный синий зелёный"), ("вес,y,этаж", "низкий высокий")],
    "cp1253": [("ηλικία,ύψος,y", "κόκκινο πράσινο μπλε")],
    "cp932": [("身長,体重,結果", "赤 青 緑"), ("x,温度,都市", "東京 大阪 京都"), ("面積,y,値段", "低い 普通 高い")],
    "gb18030": [("身高,体重,标签", "红色 蓝色 绿色"), ("x,温度,城市", "北京 上海 广州")],
    "big5": [("身高,體重,標籤", "紅色 藍色 綠色")],
    "cp949": [("키,몸무게,도시", "서울 부산 대구")],
}


@pytest.mark.parametrize("encoding", TABLES)
def test_a_small_table_is_read_in_its_encoding(encoding):
    for header, words in TABLES[encoding]:
        some = words.split()
        rows = [f"{k * 37 % 100 / 8},{k * 7 % 11},{some[k * k % 7 % len(some)]}" for k in range(30)]
        for end in ("\n", "\r\n", "\r"):
            table = read_table(end.join([header, *rows]).encode(encoding))
            assert table.columns == header.split(","), header
            assert set(table.frame.iloc[:, 2]) == set(some), header
            assert table.reading.encoding == encoding
            assert sum("not UTF-8" in notice for notice in table.notices) == 1
