//! Which language a text is in: by its script where that settles it, else by letter statistics (`whatlang`).

use parlance_schemas::labels::Language;
use whatlang::{Detector, Lang};

/// Languages in Latin letters that are told apart: ours, and frequent others that would be taken for ours.
const LATIN: [(Lang, Language); 20] = [
    (Lang::Eng, Language::En),
    (Lang::Spa, Language::Es),
    (Lang::Fra, Language::Fr),
    (Lang::Deu, Language::De),
    (Lang::Ita, Language::It),
    (Lang::Por, Language::Pt),
    (Lang::Nld, Language::Other),
    (Lang::Cat, Language::Other),
    (Lang::Ron, Language::Other),
    (Lang::Swe, Language::Other),
    (Lang::Dan, Language::Other),
    (Lang::Nob, Language::Other),
    (Lang::Pol, Language::Other),
    (Lang::Ces, Language::Other),
    (Lang::Tur, Language::Other),
    (Lang::Fin, Language::Other),
    (Lang::Hun, Language::Other),
    (Lang::Ind, Language::Other),
    (Lang::Vie, Language::Other),
    (Lang::Tgl, Language::Other),
];

/// Letters from which on a text says enough to be told from languages that are not ours.
const ENOUGH: usize = 24;

/// Tells languages apart.
pub(super) struct Languages {
    ours: Detector,
    all: Detector,
}

impl Languages {
    pub(super) fn new() -> Self {
        let allow = |count: usize| Detector::with_allowlist(LATIN.iter().take(count).map(|(lang, _)| *lang).collect());
        Self {
            ours: allow(6),
            all: allow(LATIN.len()),
        }
    }

    /// The language and how sure that is. A text without letters is of none.
    pub(super) fn detect(&self, text: &str) -> (Language, f32) {
        let scripts = Scripts::of(text);
        if scripts.letters == 0 {
            return (Language::None, 0.0);
        }
        let share = |letters: usize| letters as f32 / scripts.letters as f32;
        // Few kana are enough: Japanese is written with Chinese characters too, Chinese never with kana.
        if share(scripts.kana) > 0.08 && share(scripts.kana + scripts.han) > 0.4 {
            return (Language::Ja, 0.98);
        }
        let by_script = [
            (scripts.hangul, Language::Ko),
            (scripts.han, Language::Zh),
            (scripts.arabic, Language::Ar),
            (scripts.other, Language::Other),
        ];
        for (letters, language) in by_script {
            if share(letters) > 0.4 {
                // Persian and Urdu have letters that Arabic has not.
                let foreign = language == Language::Ar && scripts.not_arabic > 0;
                return if foreign {
                    (Language::Other, 0.9)
                } else {
                    (language, 0.95)
                };
            }
        }
        self.latin(text, scripts.letters)
    }

    fn latin(&self, text: &str, letters: usize) -> (Language, f32) {
        let detector = if letters < ENOUGH { &self.ours } else { &self.all };
        let Some(found) = detector.detect(text) else {
            return (Language::Other, 0.1);
        };
        let language = LATIN.iter().find(|(lang, _)| *lang == found.lang());
        let language = language.map_or(Language::Other, |(_, language)| *language);
        // A short text can look like anything, whatever the statistics say of their own certainty.
        let most = (letters as f32 / ENOUGH as f32).clamp(0.2, 0.97);
        (language, (found.confidence() as f32).min(most))
    }
}

/// How many letters of each script.
#[derive(Default)]
struct Scripts {
    letters: usize,
    kana: usize,
    han: usize,
    hangul: usize,
    arabic: usize,
    not_arabic: usize,
    other: usize,
}

impl Scripts {
    fn of(text: &str) -> Self {
        let mut scripts = Self::default();
        for letter in text.chars().filter(|letter| letter.is_alphabetic()) {
            scripts.letters += 1;
            match u32::from(letter) {
                0x3040..=0x30FF | 0x31F0..=0x31FF | 0xFF66..=0xFF9D => scripts.kana += 1,
                0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF => scripts.han += 1,
                0x1100..=0x11FF | 0x3130..=0x318F | 0xAC00..=0xD7AF => scripts.hangul += 1,
                0x0600..=0x06FF | 0x0750..=0x077F | 0x08A0..=0x08FF | 0xFB50..=0xFDFF | 0xFE70..=0xFEFF => {
                    scripts.arabic += 1;
                    let foreign = matches!(
                        letter,
                        'پ' | 'چ' | 'ژ' | 'گ' | 'ک' | 'ی' | 'ٹ' | 'ڈ' | 'ڑ' | 'ں' | 'ہ' | 'ے' | 'ھ'
                    );
                    scripts.not_arabic += usize::from(foreign);
                }
                0x41..=0x24F | 0x1E00..=0x1EFF => {}
                _ => scripts.other += 1,
            }
        }
        scripts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_the_ten_is_known_and_others_are_not_taken_for_them() {
        let languages = Languages::new();
        let samples = [
            (
                "Hello, could you please tell me where my order is right now?",
                Language::En,
            ),
            ("Hola, quisiera saber cuánto cuesta el envío a Madrid", Language::Es),
            ("Bonjour, je voudrais savoir où se trouve ma commande", Language::Fr),
            (
                "Guten Tag, ich möchte gern wissen, wo meine Bestellung bleibt",
                Language::De,
            ),
            ("Buongiorno, vorrei sapere quando arriva il mio ordine", Language::It),
            ("Olá, gostaria de saber quando chega a minha encomenda", Language::Pt),
            ("مرحبا، أين طلبي من فضلك؟", Language::Ar),
            ("你好，我的订单到哪里了？", Language::Zh),
            ("注文した商品はいつ届きますか？", Language::Ja),
            ("안녕하세요, 제 주문은 어디에 있나요?", Language::Ko),
            ("Здравствуйте, где мой заказ?", Language::Other),
            ("سلام، سفارش من کجاست؟", Language::Other),
            (
                "Dzień dobry, chciałbym wiedzieć, gdzie jest moje zamówienie",
                Language::Other,
            ),
            ("👍🎉 123", Language::None),
        ];
        for (text, language) in samples {
            assert_eq!(languages.detect(text).0, language, "{text}");
        }
    }

    #[test]
    fn a_short_text_is_never_sure() {
        assert!(Languages::new().detect("ok").1 < 0.5);
    }
}
