"""Which files `make import` sends, and what it says of the others before it sends anything."""

import io
import unittest
from unittest import mock

from holdfast import import_text, importer
from holdfast.report import Failure

TABLE = "id,name,price,currency\nA-1,Чайник,1,RUB\nA-2,Чай,2,RUB\n"


class Encoding(unittest.TestCase):
    def refused(self, content):
        with self.assertRaises(Failure) as caught:
            import_text.check(io.BytesIO(content), "products.csv")
        return caught.exception

    def test_utf_8_is_taken_with_and_without_a_mark_and_read_from_its_beginning(self):
        for content in (b"", TABLE.encode(), TABLE.encode("utf-8-sig"), "я".encode() * import_text.CHUNK + "☕".encode()):
            file = io.BytesIO(content)
            import_text.check(file, "products.csv")
            self.assertEqual(file.read(), content)

    def test_another_encoding_is_named_by_line_and_byte(self):
        refused = self.refused("id,name\nA-1,Tea\nA-2,Чай\n".encode("cp1251"))
        self.assertIn("products.csv is not UTF-8: line 3, byte 21 of the file", refused.cause)
        self.assertIn("make import FILE=products.csv ENCODING=cp1251", refused.advice)
        # Beyond the first chunk, and with half a character at its end.
        self.assertIn(f"line 2, byte {2 * import_text.CHUNK + 3}", self.refused(b"x" + "я".encode() * import_text.CHUNK + b"\n\xff").cause)
        self.assertIn("line 1, byte 2 ", self.refused(b"x\xd1").cause)

    def test_utf_16_and_utf_32_are_known_by_their_marks(self):
        for encoding in ("utf-16", "utf-32"):
            refused = self.refused(TABLE.encode(encoding))
            self.assertIn(encoding.upper(), refused.cause)
            self.assertIn(f"ENCODING={encoding}", refused.advice)

    def test_a_named_encoding_is_converted(self):
        for encoding in ("cp1251", "koi8-r", "utf-16", "utf-16-le", "utf-8"):
            with import_text.converted(io.BytesIO(TABLE.encode(encoding)), "products.csv", encoding) as file:
                self.assertEqual(file.read().decode(), TABLE, encoding)

    def test_what_is_not_in_the_named_encoding_is_refused(self):
        faults = (
            (b"a\n\x98", "cp1251", "line 2, byte 3"),
            (TABLE.encode("cp1251"), "utf-8", "line 2"),
            (b"", "nothing", "no encoding"),
            (b"", "base64", "no encoding"),
        )
        for content, encoding, said in faults:
            with self.assertRaisesRegex(Failure, said):
                import_text.converted(io.BytesIO(content), "products.csv", encoding)

    def test_nothing_of_such_a_file_is_sent(self):
        file = io.BytesIO(TABLE.encode("cp1251"))
        with mock.patch("builtins.open", return_value=file), self.assertRaisesRegex(Failure, "Nothing was sent"):
            importer._opened("products.csv", "")
        self.assertTrue(file.closed)


if __name__ == "__main__":
    unittest.main()
