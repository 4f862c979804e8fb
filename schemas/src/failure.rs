//! Why a message of the business failed: Meta's error codes, sorted by what can be done about them.

use crate::labels::vocabulary;

vocabulary! {
    /// Why a message was not delivered. Meta's codes are the one thing to build on; their titles will go.
    Cause, "cause of failure" {
        /// Something on Meta's side that passes by itself.
        Temporary = "temporary",
        /// Too many messages or requests, to this customer or in all.
        RateLimit = "rate_limit",
        /// The customer wrote last more than 24 hours ago: only a template reaches them.
        WindowClosed = "window_closed",
        /// Meta lets this customer have no more marketing for now.
        MarketingLimit = "marketing_limit",
        /// The customer wants no marketing of this business.
        OptedOut = "opted_out",
        /// The customer's WhatsApp cannot be reached: no account, too old, terms not accepted.
        Undeliverable = "undeliverable",
        /// The recipient cannot be one: the business itself, one not allowed, one known only by an id this needs a number for.
        Recipient = "recipient",
        /// Meta keeps it back in an experiment.
        Experiment = "experiment",
        /// Businesses may not write to the customer's country.
        Country = "country",
        /// The token is bad or may not do this.
        Access = "access",
        /// The account or number is locked, restricted or not registered.
        Account = "account",
        /// The account cannot be billed.
        Payment = "payment",
        /// The request is wrong: a parameter, a type, an identity.
        Request = "request",
        /// The template is missing, paused, disabled or wrongly filled.
        Template = "template",
        /// A file could not be loaded from or to Meta.
        Media = "media",
        /// A code not in this list.
        Other = "other",
    }
}

impl Cause {
    /// The cause behind a code of Meta's Cloud API.
    pub const fn of(code: i64) -> Self {
        match code {
            1 | 2 | 131_000 | 131_016 | 131_057 => Self::Temporary,
            4 | 80_007 | 130_429 | 131_048 | 131_056 | 131_064 | 133_016 => Self::RateLimit,
            131_047 => Self::WindowClosed,
            131_049 => Self::MarketingLimit,
            131_050 => Self::OptedOut,
            131_026 => Self::Undeliverable,
            131_021 | 131_030 | 131_062 | 131_063 => Self::Recipient,
            130_472 => Self::Experiment,
            130_497 => Self::Country,
            0 | 3 | 10 | 190 | 200..=299 | 131_005 => Self::Access,
            368 | 131_031 | 131_037 | 131_045 => Self::Account,
            131_042 | 131_044 => Self::Payment,
            100 | 131_008 | 131_009 | 131_051 | 135_000 | 137_000 => Self::Request,
            132_000..=132_099 => Self::Template,
            131_052 | 131_053 => Self::Media,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_cause_that_decides_what_to_do() {
        let known = [
            (131_047, "window_closed"),
            (130_429, "rate_limit"),
            (131_026, "undeliverable"),
            (250, "access"),
            (132_015, "template"),
            (131_053, "media"),
            (-1, "other"),
            (999_999, "other"),
        ];
        for (code, cause) in known {
            assert_eq!(Cause::of(code).as_str(), cause, "{code}");
        }
        for cause in Cause::ALL {
            let some_code = (0..140_000).any(|code| Cause::of(code) == *cause);
            assert!(some_code, "no code has the cause {cause}");
        }
    }
}
