//! Which errors may pass by themselves.
//!
//! Only what is known to repeat for the same bytes ends the pipeline; everything else is tried again, because
//! giving up by mistake costs an outage, and trying again costs a log line.

use ::clickhouse::error::Error;

/// Errors can hold megabytes: a compressed stream that broke in the middle is repeated in full.
const REASON_CHARACTERS_MAX: usize = 300;

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Try again; the word is the `reason` of `sink_retries_total`.
    Retry(&'static str),
    /// It would be refused again.
    Halt,
}

/// ClickHouse's codes for what repeats: the schema, the rights or the values do not fit.
const HALTS: &[u32] = &[
    8,   // there is no column
    10,  // not found column in block
    16,  // no such column in table
    20,  // number of columns doesn't match
    36,  // bad arguments
    43,  // illegal type of argument
    47,  // unknown identifier
    48,  // not implemented
    50,  // unknown type
    53,  // type mismatch
    60,  // unknown table
    62,  // syntax error
    73,  // unknown format
    81,  // unknown database
    115, // unknown setting
    117, // incorrect data
    164, // readonly
    192, // unknown user
    193, // wrong password
    194, // required password
    195, // IP address not allowed
    291, // database access denied
    452, // setting constraint violation
    469, // violated constraint
    497, // access denied
    516, // authentication failed
];

/// Codes that are known to pass, with a word for the metric.
const PASSES: &[(u32, &str)] = &[
    (3, "cluster"),     // unexpected end of file between servers
    (159, "timeout"),   // timeout exceeded
    (160, "timeout"),   // too slow
    (198, "network"),   // DNS error
    (202, "busy"),      // too many simultaneous queries
    (203, "busy"),      // no free connection
    (209, "network"),   // socket timeout
    (210, "network"),   // network error
    (241, "memory"),    // memory limit exceeded
    (242, "read_only"), // table is in readonly mode
    (243, "disk"),      // not enough space
    (252, "too_many_parts"),
    (279, "cluster"),        // all connection tries failed
    (285, "cluster"),        // too few live replicas
    (286, "cluster"),        // unsatisfied quorum for previous write
    (319, "unknown_status"), // unknown status of insert: same bytes, same token
    (394, "cancelled"),      // query was cancelled
    (999, "cluster"),        // keeper exception
];

/// The verdict on an error of the client or the server.
pub(crate) fn verdict(error: &Error) -> Verdict {
    match error {
        Error::Network(_) => Verdict::Retry("network"),
        Error::TimedOut => Verdict::Retry("timeout"),
        Error::BadResponse(text) => verdict_on(text),
        // The rows or the configuration do not fit what the server has.
        Error::InvalidParams(_)
        | Error::SchemaMismatch(_)
        | Error::InvalidColumnsHeader(_)
        | Error::SequenceMustHaveLength
        | Error::DeserializeAnyNotSupported
        | Error::VariantDiscriminatorIsOutOfBound(_)
        | Error::InvalidTagEncoding(_)
        | Error::Custom(_)
        | Error::Unsupported(_) => Verdict::Halt,
        // An answer broken on its way looks like this.
        _ => Verdict::Retry("other"),
    }
}

fn verdict_on(answer: &str) -> Verdict {
    if let Some(code) = code(answer) {
        if HALTS.contains(&code) {
            return Verdict::Halt;
        }
        let known = PASSES.iter().find(|(passes, _)| *passes == code);
        return Verdict::Retry(known.map_or("other", |(_, word)| word));
    }
    // Without a body the client gives the status line, e.g. from a proxy in front of the server.
    match answer.split(' ').next().and_then(|status| status.parse::<u16>().ok()) {
        Some(401 | 403 | 404) => Verdict::Halt,
        Some(500..=599) => Verdict::Retry("unavailable"),
        Some(408 | 429) => Verdict::Retry("busy"),
        _ => Verdict::Retry("other"),
    }
}

/// The code of `Code: 60. DB::Exception: …`.
pub(crate) fn code(answer: &str) -> Option<u32> {
    let rest = answer.split_once("Code: ")?.1;
    rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())]
        .parse()
        .ok()
}

/// The error in words, short enough for a log line.
pub(crate) fn reason(error: &Error) -> String {
    let text = error.to_string();
    match text.char_indices().nth(REASON_CHARACTERS_MAX) {
        None => text,
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(answer: &str) -> Verdict {
        verdict(&Error::BadResponse(answer.to_owned()))
    }

    #[test]
    fn what_passes_is_retried_and_what_repeats_halts() {
        for code in [159, 160, 209, 210, 241, 242, 252, 319] {
            let verdict = of(&format!("Code: {code}. DB::Exception: words. (NAME) (version 26.7)"));
            assert!(
                matches!(verdict, Verdict::Retry(word) if word != "other"),
                "{code}: {verdict:?}"
            );
        }
        for code in [16, 53, 60, 81, 497, 516] {
            assert_eq!(
                of(&format!("Code: {code}. DB::Exception: words")),
                Verdict::Halt,
                "{code}"
            );
        }
        assert_eq!(of("Code: 60"), Verdict::Halt);
        assert_eq!(of("503 Service Unavailable"), Verdict::Retry("unavailable"));
        assert_eq!(of("404 Not Found"), Verdict::Halt);
        assert_eq!(of("<html>no idea</html>"), Verdict::Retry("other"));
        assert_eq!(of("Code: 4711. DB::Exception"), Verdict::Retry("other"));
        assert_eq!(verdict(&Error::SchemaMismatch("a".to_owned())), Verdict::Halt);
        assert_eq!(verdict(&Error::TimedOut), Verdict::Retry("timeout"));
    }

    #[test]
    fn long_errors_are_cut_between_characters() {
        let reason = reason(&Error::BadResponse("ü".repeat(1_000_000)));
        assert!(reason.len() < 1000 && reason.contains("2000"), "{reason}");
    }
}
