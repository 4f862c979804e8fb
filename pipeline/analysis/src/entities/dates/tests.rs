//! What is said in each language, on Monday the 19th of November 2018 at noon.

use jiff::civil::datetime;

use super::*;
use crate::entities::fold::fold;
use crate::entities::scan::scan;

/// The dates and times of a text: how they are written and what they mean.
fn dates(text: &str, language: Language) -> Vec<(String, Option<String>)> {
    let (mut folded, mut tokens) = (Vec::new(), Vec::new());
    fold(text, &mut folded);
    let lexicon = Lexicon::of(language);
    scan(&folded, lexicon, language, &mut tokens);
    let setting = Setting {
        now: datetime(2018, 11, 19, 12, 0, 0, 0),
        month_first: false,
        language,
    };
    let found = find(&tokens, &folded, lexicon, &setting, 64);
    let shown = |found: &Found| text.chars().skip(found.start).take(found.end - found.start).collect();
    found.iter().map(|found| (shown(found), found.value.clone())).collect()
}

/// Checks that each text has exactly one date, written and meant as given.
fn check(language: Language, cases: &[(&str, &str, &str)]) {
    for (text, written, value) in cases {
        let expected = [((*written).to_owned(), Some((*value).to_owned()))];
        assert_eq!(dates(text, language), expected, "{text}");
    }
}

#[test]
fn english() {
    check(
        Language::En,
        &[
            ("I need it by 2018-12-24 please", "2018-12-24", "2018-12-24"),
            (
                "holiday 2018-11-19/2018-11-22",
                "2018-11-19/2018-11-22",
                "2018-11-19/2018-11-22",
            ),
            ("deliver it tomorrow if you can", "tomorrow", "2018-11-20"),
            ("can you ship in 3 days", "in 3 days", "2018-11-22"),
            ("I ordered two weeks ago", "two weeks ago", "2018-11-05"),
            ("see you next Friday", "next Friday", "2018-11-30"),
            ("see you on Friday at 5pm", "Friday at 5pm", "2018-11-23T17:00:00"),
            (
                "closed from 22 to 24 December",
                "from 22 to 24 December",
                "2018-12-22/2018-12-24",
            ),
            ("my birthday is March 4th", "March 4th", "2019-03-04"),
            (
                "we arrive on the 14th of next month",
                "14th of next month",
                "2018-12-14",
            ),
            ("are you open at half past nine", "half past nine", "T09:30:00"),
            (
                "tomorrow from 7 to 8pm works",
                "tomorrow from 7 to 8pm",
                "2018-11-20T19:00:00/2018-11-20T20:00:00",
            ),
            ("a refund for last month", "last month", "2018-10-01/2018-11-01"),
            ("nothing since June 2018", "since June 2018", "2018-06-01/"),
            ("three days after Christmas", "three days after Christmas", "2018-12-28"),
        ],
    );
}

#[test]
fn spanish() {
    check(
        Language::Es,
        &[
            ("¿pueden venir mañana a las 5?", "mañana a las 5", "2018-11-20T17:00:00"),
            ("lo pedí hace 3 días", "hace 3 días", "2018-11-16"),
            ("llega el 24 de diciembre", "24 de diciembre", "2018-12-24"),
            ("nos vemos el próximo viernes", "próximo viernes", "2018-11-30"),
            ("abren pasado mañana", "pasado mañana", "2018-11-21"),
            ("fue la semana pasada", "la semana pasada", "2018-11-12/2018-11-19"),
            (
                "vacaciones del 5 al 9 de enero",
                "del 5 al 9 de enero",
                "2019-01-05/2019-01-09",
            ),
        ],
    );
}

#[test]
fn french() {
    check(
        Language::Fr,
        &[
            ("livrez demain à 18h30 svp", "demain à 18h30", "2018-11-20T18:30:00"),
            ("commandé il y a deux semaines", "il y a deux semaines", "2018-11-05"),
            ("le 14 juillet 2019 convient", "14 juillet 2019", "2019-07-14"),
            ("je passe lundi prochain", "lundi prochain", "2018-11-26"),
            ("reçu avant-hier", "avant-hier", "2018-11-17"),
        ],
    );
}

#[test]
fn german() {
    check(
        Language::De,
        &[
            ("geht es morgen um 18 Uhr?", "morgen um 18 Uhr", "2018-11-20T18:00:00"),
            ("bestellt vor 3 Tagen", "vor 3 Tagen", "2018-11-16"),
            ("bis zum 9. Dezember 2018 bitte", "9. Dezember 2018", "2018-12-09"),
            (
                "am Dienstagabend wäre gut",
                "Dienstagabend",
                "2018-11-20T16:00:00/2018-11-20T20:00:00",
            ),
            ("nächste Woche bin ich da", "nächste Woche", "2018-11-26/2018-12-03"),
            ("am 24.12. ist zu", "24.12.", "2018-12-24"),
        ],
    );
}

#[test]
fn italian() {
    check(
        Language::It,
        &[
            ("passo domani alle 15:30", "domani alle 15:30", "2018-11-20T15:30:00"),
            ("ordinato 2 giorni fa", "2 giorni fa", "2018-11-17"),
            ("il 6 gennaio siete aperti?", "6 gennaio", "2019-01-06"),
            ("dopodomani va bene", "dopodomani", "2018-11-21"),
        ],
    );
}

#[test]
fn portuguese() {
    check(
        Language::Pt,
        &[
            ("pode ser amanhã às 15h?", "amanhã às 15h", "2018-11-20T15:00:00"),
            ("comprei há duas semanas", "há duas semanas", "2018-11-05"),
            (
                "chega em 12 de dezembro de 2018",
                "12 de dezembro de 2018",
                "2018-12-12",
            ),
            ("depois de amanhã serve", "depois de amanhã", "2018-11-21"),
            ("na próxima sexta-feira eu pago", "na próxima sexta-feira", "2018-11-30"),
        ],
    );
}

#[test]
fn arabic() {
    check(
        Language::Ar,
        &[
            ("ممكن بكرة", "بكرة", "2018-11-20"),
            ("أحتاجه قبل 7 يناير 2019", "7 يناير 2019", "2019-01-07"),
            ("سأصل بعد 3 أيام", "بعد 3 أيام", "2018-11-22"),
            ("الأسبوع القادم مناسب", "الأسبوع القادم", "2018-11-26/2018-12-03"),
        ],
    );
}

#[test]
fn chinese() {
    check(
        Language::Zh,
        &[
            ("明天下午3点可以吗", "明天下午3点", "2018-11-20T15:00:00"),
            ("三天前下的单", "三天前", "2018-11-16"),
            ("2018年12月24日送到", "2018年12月24日", "2018-12-24"),
            ("下周二有空", "下周二", "2018-11-27"),
            ("後天可以嗎", "後天", "2018-11-21"),
        ],
    );
}

#[test]
fn japanese() {
    check(
        Language::Ja,
        &[
            ("明後日お願いします", "明後日", "2018-11-21"),
            ("明日の午後3時でいいですか", "明日の午後3時", "2018-11-20T15:00:00"),
            ("3日後に届きますか", "3日後", "2018-11-22"),
            ("来週の火曜日は", "来週の火曜日", "2018-11-27"),
            ("12月24日が希望です", "12月24日", "2018-12-24"),
        ],
    );
}

#[test]
fn korean() {
    check(
        Language::Ko,
        &[
            ("다음주 화요일 가능해요?", "다음주 화요일", "2018-11-27"),
            ("내일 오후 3시 예약할게요", "내일 오후 3시", "2018-11-20T15:00:00"),
            ("3일 전 주문했어요", "3일 전", "2018-11-16"),
            ("12월 24일까지 필요해요", "12월 24일", "2018-12-24"),
        ],
    );
}

#[test]
fn what_repeats_or_lasts_is_no_date() {
    for (text, language) in [
        ("every Monday we order", Language::En),
        ("I waited for 3 hours", Language::En),
        ("it may or may not work", Language::En),
        ("cada semana compro algo", Language::Es),
        ("jeden Montag offen", Language::De),
        ("version 1.2.3.4 and 50%", Language::En),
    ] {
        assert_eq!(dates(text, language), [], "{text}");
    }
}
