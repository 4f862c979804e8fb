//! What hurried thumbs and moods do to a text.

use parlance_schemas::labels::Sentiment;
use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use super::writer::pick;

/// One or two slips: letters swapped, dropped, doubled; capitals or the last stop left out. Only letters of
/// alphabets that are typed one by one are touched, never digits, links or addresses.
pub fn slip(rng: &mut ChaCha12Rng, text: &str) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for _ in 0..rng.random_range(1..=2) {
        let place = rng.random_range(0..words.len());
        let mut letters: Vec<char> = words[place].chars().collect();
        let plain = letters.len() > 3 && letters.iter().all(|c| c.is_alphabetic() && (*c as u32) < 0x0250);
        if plain {
            let at = rng.random_range(1..letters.len() - 1);
            match rng.random_range(0..3) {
                0 => letters.swap(at, at + 1),
                1 => drop(letters.remove(at)),
                _ => letters.insert(at, letters[at]),
            }
            words[place] = letters.into_iter().collect();
        }
    }
    let mut text = words.join(" ");
    if rng.random_bool(0.5) && text.ends_with(['.', '?', '。', '？']) {
        text.pop();
    }
    if rng.random_bool(0.5) {
        let mut chars = text.chars();
        text = chars
            .next()
            .map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect());
    }
    text
}

/// Anger in capitals and exclamation marks; delight in the latter.
pub fn raise(rng: &mut ChaCha12Rng, text: String, mood: Sentiment) -> String {
    let odds = match mood {
        Sentiment::Angry => 0.35,
        Sentiment::Excited => 0.2,
        _ => return text,
    };
    let mut text = if mood == Sentiment::Angry && rng.random_bool(odds) && !text.contains("http") {
        text.to_uppercase()
    } else {
        text
    };
    if rng.random_bool(odds) {
        text.push_str(["!!", "!!!", "!?"][rng.random_range(0..if mood == Sentiment::Angry { 3 } else { 2 })]);
    }
    text
}

/// The text with emoji that suit the mood, mostly at its end.
pub fn with_emoji(rng: &mut ChaCha12Rng, text: &str, mood: Sentiment) -> String {
    let emoji = *pick(rng, emoji_of(mood));
    let times = if rng.random_bool(0.2) { 3 } else { 1 };
    if rng.random_bool(0.1) {
        format!("{} {text}", emoji.repeat(times))
    } else {
        format!("{text} {}", emoji.repeat(times))
    }
}

/// Emoji of a mood; skin tones and joined sequences among them, for they take many bytes.
pub fn emoji_of(mood: Sentiment) -> &'static [&'static str] {
    match mood {
        Sentiment::Positive => &["🙂", "👍", "🙏🏽", "😊", "❤️", "👌🏼"],
        Sentiment::Excited => &["🤩", "🎉", "😍", "🔥", "🥳"],
        Sentiment::Angry => &["😡", "🤬", "👎", "💢"],
        Sentiment::Frustrated => &["🙄", "😤", "🤦‍♀️", "🤷🏻‍♂️"],
        Sentiment::Negative => &["😕", "😞", "😢", "💔"],
        Sentiment::Neutral | Sentiment::None => &["🙏", "👋", "🤔", "📦", "👨‍👩‍👧"],
    }
}
