//! What went wrong, named by what the caller should do about it.
//!
//! Meta's error is `{error:{message, type, code, error_subcode, error_data:{details}, is_transient, fbtrace_id}}`; only the
//! code decides, and what each code means stands in [`parlance_schemas::failures`]. Source:
//! <https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes>.

use std::time::Duration;

use parlance_schemas::failures::{self, Cause, Retry};
use serde::Deserialize;

use crate::message::Unfit;

/// The longest wait before the same message is tried again, where Meta names none.
pub const MAX_WAIT: Duration = Duration::from_secs(60 * 60);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Why an ask of Meta came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client's settings are no good; nothing was asked.
    #[error("WhatsApp client: {0}")]
    Settings(String),
    /// The message breaks a limit; nothing was asked.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// Meta refused. What to do is in the error's [`Class`].
    #[error(transparent)]
    Refused(Box<SendError>),
    /// There was no answer, or only a part of one.
    #[error("no answer from WhatsApp: {reason}")]
    Unanswered {
        /// What happened. Never has the URL, which may carry a proof.
        reason: String,
        /// True when the ask may have been heard all the same. A message that is sent again then may arrive twice: the
        /// API has no key against it. The status that comes back with its correlation tells.
        uncertain: bool,
    },
    /// Meta answered well, but not with what it documents. The ask has been heard.
    #[error("answer of WhatsApp not understood: {0}")]
    NotUnderstood(String),
    /// The file is not what it should be.
    #[error(transparent)]
    Media(#[from] MediaError),
}

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        Self::Refused(Box::new(error))
    }
}

/// Why a file was not taken or not kept. What was written of it must be thrown away.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// Meta takes no files of this type, or not as this kind.
    #[error("files of type `{0}` are not taken")]
    Type(String),
    /// It has more bytes than allowed.
    #[error("the file has more than {limit} bytes")]
    TooLarge {
        /// The limit, bytes.
        limit: u64,
    },
    /// It has another length than was said.
    #[error("the file has {got} bytes, not {said}")]
    Length {
        /// What was said.
        said: u64,
        /// What there was.
        got: u64,
    },
    /// Its bytes are not those that Meta's hash was made of.
    #[error("the file's sha256 is not Meta's")]
    Hash,
    /// Meta named a place for it that is none of Meta's.
    #[error("the file is at a host that is not Meta's: {0}")]
    Place(String),
    /// It could not be read from, or written to, where the caller has it.
    #[error("the file could not be read or written: {0}")]
    Io(#[from] std::io::Error),
}

/// What to do about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Send the same again, not before this long.
    RetryLater {
        /// How long to wait the first time; [`SendError::wait`] has the later ones.
        after: Duration,
    },
    /// This way it does not reach the customer: take another template, another identifier, or another channel.
    ReRoute,
    /// Do not send it again: it is wrong, or not allowed.
    Stop,
    /// Nothing of this integration goes out until somebody has repaired it: what is broken is in the cause.
    Unhealthy(Cause),
    /// The customer service window is closed: offer a template.
    Window,
    /// The customer has stopped such messages: remember it, and send no more.
    OptOut,
}

/// A refusal of Meta's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("WhatsApp refused ({}): {details}", code.map_or_else(|| format!("HTTP {status}"), |code| code.to_string()))]
pub struct SendError {
    /// Meta's `code`. None when the answer was not Meta's.
    pub code: Option<i64>,
    /// Meta's `error_subcode`.
    pub subcode: Option<i64>,
    /// HTTP's status.
    pub status: u16,
    /// What to do.
    pub class: Class,
    /// Why.
    pub cause: Cause,
    /// What a person should do, in a sentence or two.
    pub advice: &'static str,
    /// `error_data.details`, else Meta's `message`: words for people, at most 500 characters, never to be decided by.
    pub details: String,
    /// `fbtrace_id`, by which Meta's support finds the ask.
    pub trace: Option<String>,
    /// What Meta said of how long to wait.
    pub asked_wait: Option<Duration>,
    /// True when the ask may have been carried out all the same: something before Meta failed.
    pub uncertain: bool,
}

impl SendError {
    /// How long to wait before attempt number `attempt` is repeated (0: the first failed). None when repeating does not
    /// help. At least what Meta asked for; grows fourfold each time for a pair that is too busy, as Meta advises, and
    /// twofold else; a random part is the caller's to add.
    pub fn wait(&self, attempt: u32) -> Option<Duration> {
        let Class::RetryLater { after } = self.class else {
            return None;
        };
        if after >= DAY {
            return Some(after);
        }
        let factor: u32 = if self.code == Some(PAIR_TOO_BUSY) { 4 } else { 2 };
        let grown = after.saturating_mul(factor.saturating_pow(attempt)).min(MAX_WAIT);
        Some(grown.max(self.asked_wait.unwrap_or_default()))
    }

    /// True when the number as a whole sent too fast (130429): its pacer must slow down.
    pub fn is_number_too_fast(&self) -> bool {
        self.code == Some(NUMBER_TOO_FAST)
    }

    /// True when this customer was sent too much in a short time (131056); others are not affected.
    pub fn is_pair_too_busy(&self) -> bool {
        self.code == Some(PAIR_TOO_BUSY)
    }

    /// True while Meta raises the number's throughput (131057): nothing goes out for up to a minute.
    pub fn is_being_upgraded(&self) -> bool {
        self.code == Some(BEING_UPGRADED)
    }

    /// Reads the answer to an ask that failed.
    pub fn read(status: u16, body: &[u8], asked_wait: Option<Duration>) -> Self {
        match serde_json::from_slice::<Said>(body) {
            Ok(Said { error }) => Self::said(status, error, asked_wait),
            Err(_) => Self::silent(status, asked_wait),
        }
    }

    fn said(status: u16, error: SaidError, asked_wait: Option<Duration>) -> Self {
        let known = failures::failure(error.code);
        let (class, uncertain) = match class(error.code, known.cause, known.retry) {
            // Nobody knows the code, but Meta says that it passes.
            Class::Stop if known.cause == Cause::Unknown && (error.is_transient == Some(true) || status >= 500) => {
                (retry(asked_wait.unwrap_or(Duration::from_secs(5))), status >= 500)
            }
            class => (class, false),
        };
        let details = error.error_data.and_then(|data| data.details).or(error.message);
        Self {
            code: Some(error.code),
            subcode: error.error_subcode,
            status,
            class: longer(class, asked_wait),
            cause: known.cause,
            advice: known.advice,
            details: cut(details.unwrap_or_else(|| "no details".to_owned())),
            trace: error.fbtrace_id.map(cut),
            asked_wait,
            uncertain,
        }
    }

    /// An answer without an error of Meta's: from something between here and Meta, as a rule.
    fn silent(status: u16, asked_wait: Option<Duration>) -> Self {
        let (class, cause, advice) = match status {
            429 => (
                retry(Duration::from_secs(60)),
                Cause::RateLimited,
                "Meta is asked too much. It is tried again more slowly.",
            ),
            408 | 500..=599 => (
                retry(Duration::from_secs(5)),
                Cause::Temporary,
                "Meta's service had trouble. It is tried again by itself; if it goes on for long, look at Meta's status page.",
            ),
            401 | 403 => (
                Class::Unhealthy(Cause::Token),
                Cause::Token,
                "The access token was not taken. Make a new one and put it into the integration; nothing goes out until then.",
            ),
            // No redirect is ever followed: it would take the token elsewhere.
            300..=399 => (
                Class::Unhealthy(Cause::Request),
                Cause::Request,
                "Something that is not Meta's API answers at the base URL. Check the base URL and the proxy.",
            ),
            _ => (
                Class::Stop,
                Cause::Request,
                "The request was refused without a reason. Check the base URL, the API version and the ids in it.",
            ),
        };
        Self {
            code: None,
            subcode: None,
            status,
            class: longer(class, asked_wait),
            cause,
            advice,
            details: "the answer has no error of Meta's".to_owned(),
            trace: None,
            asked_wait,
            uncertain: status == 408 || status >= 500,
        }
    }
}

const NUMBER_TOO_FAST: i64 = 130_429;
const PAIR_TOO_BUSY: i64 = 131_056;
const BEING_UPGRADED: i64 = 131_057;

fn retry(after: Duration) -> Class {
    Class::RetryLater { after }
}

fn longer(class: Class, asked: Option<Duration>) -> Class {
    match (class, asked) {
        (Class::RetryLater { after }, Some(asked)) => retry(after.max(asked)),
        (class, _) => class,
    }
}

/// What to do about a code, from what is known of it.
fn class(code: i64, cause: Cause, kind: Retry) -> Class {
    match (kind, cause) {
        (Retry::BackOff, _) => retry(first_wait(code)),
        (Retry::NextDay, _) => retry(DAY),
        (_, Cause::WindowClosed) => Class::Window,
        (_, Cause::OptedOut) => Class::OptOut,
        (_, Cause::Token | Cause::Account | Cause::Payment) => Class::Unhealthy(cause),
        // The account is restricted (368), or its quality so low that it may write to few (131048).
        (Retry::OnceRepaired, Cause::Policy) | (Retry::Never, Cause::RateLimited) => Class::Unhealthy(cause),
        (Retry::Never, Cause::Undeliverable | Cause::Identity) => Class::ReRoute,
        // A template that is paused or disabled: another may go.
        (_, Cause::Template) if matches!(code, 132_015 | 132_016) => Class::ReRoute,
        _ => Class::Stop,
    }
}

fn first_wait(code: i64) -> Duration {
    Duration::from_secs(match code {
        NUMBER_TOO_FAST => 1,
        PAIR_TOO_BUSY => 6,
        BEING_UPGRADED => 60,
        // Budgets of an hour, and registrations.
        4 | 80_007 => 300,
        133_016 => 3_600,
        _ => 5,
    })
}

fn cut(text: String) -> String {
    match text.char_indices().nth(500) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

#[derive(Deserialize)]
struct Said {
    error: SaidError,
}

#[derive(Deserialize)]
struct SaidError {
    code: i64,
    message: Option<String>,
    error_subcode: Option<i64>,
    error_data: Option<SaidData>,
    is_transient: Option<bool>,
    fbtrace_id: Option<String>,
}

#[derive(Deserialize)]
struct SaidData {
    details: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(code: i64) -> SendError {
        let body = format!(r#"{{"error":{{"message":"m","type":"OAuthException","code":{code}}}}}"#);
        SendError::read(400, body.as_bytes(), None)
    }

    #[test]
    fn every_code_that_meta_documents_drives_its_reaction() {
        let secs = |secs| retry(Duration::from_secs(secs));
        for (codes, class) in [
            (&[1, 2, 131_000, 131_016][..], secs(5)),
            (&[4, 80_007], secs(300)),
            (&[130_429], secs(1)),
            (&[131_056], secs(6)),
            (&[131_057], secs(60)),
            (&[133_016], secs(3_600)),
            (&[131_049, 131_064], retry(DAY)),
            (&[131_047], Class::Window),
            (&[131_050], Class::OptOut),
            (
                &[131_026, 131_030, 130_472, 131_062, 131_063, 132_015, 132_016],
                Class::ReRoute,
            ),
            (&[0, 190, 3, 10, 200, 230, 299, 131_005], Class::Unhealthy(Cause::Token)),
            (&[131_031, 131_037, 131_045], Class::Unhealthy(Cause::Account)),
            (&[131_042, 131_044], Class::Unhealthy(Cause::Payment)),
            (&[368], Class::Unhealthy(Cause::Policy)),
            (&[131_048], Class::Unhealthy(Cause::RateLimited)),
            (
                &[
                    100, 131_008, 131_009, 131_021, 131_051, 131_052, 131_053, 130_497, 132_000, 132_001, 132_005,
                    132_007, 132_008, 132_012, 132_068, 132_069, 135_000, 137_000,
                ],
                Class::Stop,
            ),
            (&[5, 131_999, -1], Class::Stop),
        ] {
            for code in codes {
                let error = read(*code);
                assert_eq!(error.class, class, "{code}");
                assert_eq!(error.advice, failures::failure(*code).advice, "{code}");
                assert_eq!(
                    error.wait(0).is_some(),
                    matches!(class, Class::RetryLater { .. }),
                    "{code}"
                );
            }
        }
    }

    #[test]
    fn waits_grow_and_are_never_shorter_than_meta_asks() {
        let pair = read(131_056);
        let waits: Vec<u64> = (0..6).map(|attempt| pair.wait(attempt).unwrap().as_secs()).collect();
        assert_eq!(waits, [6, 24, 96, 384, 1_536, 3_600]);
        assert_eq!(read(131_049).wait(9).unwrap(), DAY);
        let asked = SendError::read(429, b"busy", Some(Duration::from_secs(7_200)));
        assert_eq!(asked.wait(0).unwrap().as_secs(), 7_200);
        assert_eq!(asked.code, None);
    }

    #[test]
    fn an_answer_that_is_not_metas_is_judged_by_its_status() {
        let class = |status| SendError::read(status, b"<html>", None).class;
        assert_eq!(class(502), retry(Duration::from_secs(5)));
        assert_eq!(class(401), Class::Unhealthy(Cause::Token));
        assert_eq!(class(302), Class::Unhealthy(Cause::Request));
        assert_eq!(class(404), Class::Stop);
        assert!(SendError::read(502, b"", None).uncertain && !SendError::read(404, b"", None).uncertain);
    }

    #[test]
    fn a_code_that_nobody_knows_is_repeated_only_when_meta_says_that_it_passes() {
        let body = br#"{"error":{"code":5,"is_transient":true,"error_data":{"details":"soon"}}}"#;
        let error = SendError::read(400, body, None);
        assert_eq!(
            (error.class, error.details.as_str()),
            (retry(Duration::from_secs(5)), "soon")
        );
    }
}
