/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/script.h"

#include <stddef.h>

/* In ascending order. Wider than the letters where what is between them is none. */
static const struct range {
	uint32_t first;
	uint32_t last;
	uint32_t script;
} ranges[] = {
	{0x0041, 0x005A, SCRIPT_LATIN},
	{0x0061, 0x007A, SCRIPT_LATIN},
	{0x00C0, 0x00D6, SCRIPT_LATIN},
	{0x00D8, 0x00F6, SCRIPT_LATIN},
	{0x00F8, 0x0137, SCRIPT_LATIN}, /* not kra, a small k without height */
	{0x0139, 0x017E, SCRIPT_LATIN}, /* not the long s */
	{0x0181, 0x0181, SCRIPT_LATIN}, /* letters of African languages, as to ... */
	{0x0186, 0x0186, SCRIPT_LATIN},
	{0x0189, 0x018A, SCRIPT_LATIN},
	{0x018E, 0x0194, SCRIPT_LATIN},
	{0x0196, 0x0199, SCRIPT_LATIN},
	{0x019C, 0x019D, SCRIPT_LATIN}, /* ... here, and small ones below */
	{0x01A0, 0x01A1, SCRIPT_LATIN}, /* Vietnamese */
	{0x01AF, 0x01B4, SCRIPT_LATIN},
	{0x01B7, 0x01B7, SCRIPT_LATIN}, /* behind it clicks, as ! and | */
	{0x01CD, 0x01F5, SCRIPT_LATIN}, /* Pinyin, Sami */
	{0x01F8, 0x021B, SCRIPT_LATIN}, /* the Balkans */
	{0x021E, 0x021F, SCRIPT_LATIN},
	{0x0226, 0x0233, SCRIPT_LATIN},
	{0x0253, 0x0254, SCRIPT_LATIN},
	{0x0256, 0x0257, SCRIPT_LATIN},
	{0x0259, 0x0259, SCRIPT_LATIN},
	{0x025B, 0x025B, SCRIPT_LATIN},
	{0x0260, 0x0260, SCRIPT_LATIN},
	{0x0263, 0x0263, SCRIPT_LATIN},
	{0x0268, 0x0269, SCRIPT_LATIN},
	{0x026F, 0x026F, SCRIPT_LATIN},
	{0x0272, 0x0272, SCRIPT_LATIN},
	{0x028A, 0x028B, SCRIPT_LATIN},
	{0x0292, 0x0292, SCRIPT_LATIN},
	{0x0300, 0x0304, SCRIPT_ACCENT}, /* not the lines over and through a letter */
	{0x0306, 0x030C, SCRIPT_ACCENT},
	{0x030F, 0x030F, SCRIPT_ACCENT},
	{0x0311, 0x0311, SCRIPT_ACCENT},
	{0x0323, 0x0328, SCRIPT_ACCENT},
	{0x032D, 0x032E, SCRIPT_ACCENT},
	{0x0330, 0x0331, SCRIPT_ACCENT},
	{0x0386, 0x03CE, SCRIPT_GREEK},
	{0x0400, 0x045F, SCRIPT_CYRILLIC}, /* behind it Church Slavonic */
	{0x048A, 0x052F, SCRIPT_CYRILLIC},
	{0x0531, 0x0556, SCRIPT_ARMENIAN},
	{0x0561, 0x0587, SCRIPT_ARMENIAN},
	{0x05B0, 0x05BD, SCRIPT_HEBREW}, /* points; not accents for singing */
	{0x05BF, 0x05BF, SCRIPT_HEBREW},
	{0x05C1, 0x05C2, SCRIPT_HEBREW},
	{0x05C7, 0x05C7, SCRIPT_HEBREW},
	{0x05D0, 0x05F2, SCRIPT_HEBREW},
	{0x0620, 0x063F, SCRIPT_ARABIC},
	{0x0641, 0x0655, SCRIPT_ARABIC}, /* not the line that only lengthens a word */
	{0x0660, 0x0669, SCRIPT_ARABIC},
	{0x0670, 0x06D5, SCRIPT_ARABIC},
	{0x06EE, 0x06FF, SCRIPT_ARABIC},
	{0x0750, 0x077F, SCRIPT_ARABIC},
	{0x0780, 0x07B1, SCRIPT_THAANA},
	{0x0900, 0x097F, SCRIPT_DEVANAGARI},
	{0x0980, 0x09F1, SCRIPT_BENGALI},
	{0x0A01, 0x0A75, SCRIPT_GURMUKHI},
	{0x0A81, 0x0AFF, SCRIPT_GUJARATI},
	{0x0B01, 0x0B71, SCRIPT_ORIYA},
	{0x0B82, 0x0BEF, SCRIPT_TAMIL},
	{0x0C00, 0x0C6F, SCRIPT_TELUGU},
	{0x0C80, 0x0CF2, SCRIPT_KANNADA},
	{0x0D00, 0x0D7F, SCRIPT_MALAYALAM},
	{0x0D81, 0x0DF3, SCRIPT_SINHALA},
	{0x0E01, 0x0E59, SCRIPT_THAI},
	{0x0E81, 0x0EDF, SCRIPT_LAO},
	{0x0F20, 0x0F29, SCRIPT_TIBETAN},
	{0x0F40, 0x0FBC, SCRIPT_TIBETAN},
	{0x1000, 0x109D, SCRIPT_MYANMAR},
	{0x10D0, 0x10FF, SCRIPT_GEORGIAN},
	{0x1200, 0x135A, SCRIPT_ETHIOPIC},
	{0x1380, 0x138F, SCRIPT_ETHIOPIC},
	{0x1780, 0x17D3, SCRIPT_KHMER},
	{0x17E0, 0x17E9, SCRIPT_KHMER},
	{0x1C90, 0x1CBF, SCRIPT_GEORGIAN},
	{0x1E00, 0x1E9E, SCRIPT_LATIN},
	{0x1EA0, 0x1EF9, SCRIPT_LATIN},
	{0x1F00, 0x1FFC, SCRIPT_GREEK},
	{0x3005, 0x3005, SCRIPT_HAN}, /* repeats the letter before */
	{0x3041, 0x3096, SCRIPT_HIRAGANA},
	{0x309D, 0x309E, SCRIPT_HIRAGANA},
	{0x30A1, 0x30FE, SCRIPT_KATAKANA},
	{0x3105, 0x312F, SCRIPT_BOPOMOFO},
	{0x31A0, 0x31BF, SCRIPT_BOPOMOFO},
	{0x3400, 0x4DBF, SCRIPT_HAN},
	{0x4E00, 0x9FFF, SCRIPT_HAN},
	{0xAC00, 0xD7A3, SCRIPT_HANGUL}, /* not its parts, some of which are empty */
	{0xFA0E, 0xFA29, SCRIPT_HAN},
	{0x20000, 0x323AF, SCRIPT_HAN},
};

uint32_t
script_of(uint32_t cp)
{
	size_t low = 0, high = sizeof(ranges) / sizeof(*ranges);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (cp > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == sizeof(ranges) / sizeof(*ranges) || cp < ranges[low].first)
		return 0;
	return ranges[low].script;
}

bool
script_is_one(uint32_t scripts)
{
	static const uint32_t together[] = {
		SCRIPT_HAN | SCRIPT_HIRAGANA | SCRIPT_KATAKANA,
		SCRIPT_HAN | SCRIPT_HANGUL,
		SCRIPT_HAN | SCRIPT_BOPOMOFO,
		SCRIPT_ACCENT | SCRIPT_LATIN,
		SCRIPT_ACCENT | SCRIPT_GREEK,
		SCRIPT_ACCENT | SCRIPT_CYRILLIC,
	};

	if ((scripts & (scripts - 1)) == 0)
		return true;
	for (size_t i = 0; i < sizeof(together) / sizeof(*together); i++) {
		if ((scripts & ~together[i]) == 0)
			return true;
	}
	return false;
}
