//! Why a message failed, by the code of Meta's error: the cause in one word, whether sending it again can help, and what a
//! person should do.
//!
//! Only the code decides. Titles change, and Meta means to drop them; `error_data.details` says more, in words for people.

use crate::labels::vocabulary;

vocabulary! {
    /// Why a message failed.
    Cause, "cause of a failure" {
        /// More than 24 hours since the customer last wrote: only a template may be sent.
        WindowClosed = "window_closed",
        /// The customer does not want such messages.
        OptedOut = "opted_out",
        /// It cannot reach this recipient.
        Undeliverable = "undeliverable",
        /// Too much was sent: by the number, to the customer, through the app, or for what Meta holds to be good.
        RateLimited = "rate_limited",
        /// Its template, or the flow in it.
        Template = "template",
        /// Its picture, video, sound or file.
        Media = "media",
        /// Meta's policies forbid it, here or for this business.
        Policy = "policy",
        /// The account or its number is not allowed or not ready to send.
        Account = "account",
        /// The account has not paid, or cannot.
        Payment = "payment",
        /// The access token, or what it permits.
        Token = "token",
        /// How the recipient was named: the kind of identifier, or an identity that has changed.
        Identity = "identity",
        /// What was asked of Meta was wrong.
        Request = "request",
        /// Meta's side, for a while.
        Temporary = "temporary",
        /// A code that is not known here.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// Whether sending the same message again can help.
    Retry, "kind of retry" {
        /// Yes: after a while, and after longer each time.
        BackOff = "back_off",
        /// Yes, but not before 24 hours have passed.
        NextDay = "next_day",
        /// Once somebody has put right what is wrong; until then it fails again.
        OnceRepaired = "once_repaired",
        /// No: to this recipient it will not go.
        Never = "never",
    }
}

/// What is known of an error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why it failed.
    pub cause: Cause,
    /// Whether sending it again can help.
    pub retry: Retry,
    /// What to do, in a sentence or two for people.
    pub advice: &'static str,
}

/// What Meta's error code (`errors[].code`) means. A code that is not known is [`Cause::Unknown`] and never sent again by
/// itself: who does not know why something failed must not repeat it at the cost of the number's standing.
pub fn failure(code: i64) -> Failure {
    let (cause, retry, advice) = known(code).unwrap_or((
        Cause::Unknown,
        Retry::Never,
        "Nothing is known of this code. Read the details that came with the error, and look the code up in Meta's list.",
    ));
    Failure { cause, retry, advice }
}

type Known = (Cause, Retry, &'static str);

fn known(code: i64) -> Option<Known> {
    match code {
        0..=299 | 368 | 80_007 => of_the_graph_api(code),
        130_000..=131_999 => of_messages(code),
        132_000..=132_999 => of_templates(code),
        133_016 => Some((
            Cause::RateLimited,
            Retry::BackOff,
            "The number was registered or taken off too often in a short time. Wait some hours before the next attempt.",
        )),
        135_000 => Some((
            Cause::Request,
            Retry::OnceRepaired,
            "Meta could not make sense of the message. Check its content against the documentation of its type.",
        )),
        137_000 => Some((
            Cause::Identity,
            Retry::OnceRepaired,
            "The customer's identity hash is not the one that was sent along: they may have a new phone. Make sure who they \
             are, then send with the new hash.",
        )),
        _ => None,
    }
}

/// Codes of the Graph API, through which everything goes.
fn of_the_graph_api(code: i64) -> Option<Known> {
    Some(match code {
        0 | 190 => (
            Cause::Token,
            Retry::OnceRepaired,
            "The access token is no longer valid. Make a new one and put it into the integration; nothing goes out until then.",
        ),
        1 | 2 => (
            Cause::Temporary,
            Retry::BackOff,
            "Meta's service had trouble. It is tried again by itself; if it goes on for long, look at Meta's status page.",
        ),
        3 | 10 | 200..=299 => (
            Cause::Token,
            Retry::OnceRepaired,
            "The access token lacks a permission. Give its app whatsapp_business_messaging and access to this account.",
        ),
        4 => (
            Cause::RateLimited,
            Retry::BackOff,
            "The app asks Meta too much. It is tried again more slowly.",
        ),
        100 => (
            Cause::Request,
            Retry::OnceRepaired,
            "A parameter of the request is unknown or misspelt. The details name it.",
        ),
        368 => (
            Cause::Policy,
            Retry::OnceRepaired,
            "Meta has restricted the account for breaking a policy. See the account's quality page for which, and appeal there.",
        ),
        80_007 => (
            Cause::RateLimited,
            Retry::BackOff,
            "The WhatsApp Business Account has used up what it may ask in an hour. It is tried again more slowly.",
        ),
        _ => return None,
    })
}

/// Codes of sending messages and of the accounts that send.
fn of_messages(code: i64) -> Option<Known> {
    Some(match code {
        130_429 => (
            Cause::RateLimited,
            Retry::BackOff,
            "The number sends more messages a second than it may. It is tried again more slowly.",
        ),
        130_472 => (
            Cause::Undeliverable,
            Retry::Never,
            "Meta holds marketing back from this customer as part of an experiment. Reach them another way, or wait until they write.",
        ),
        130_497 => (
            Cause::Policy,
            Retry::Never,
            "The account may not write to customers in this country. Leave them out.",
        ),
        131_000 | 131_016 => (
            Cause::Temporary,
            Retry::BackOff,
            "Meta's service had trouble. It is tried again by itself; if it goes on for long, look at Meta's status page.",
        ),
        131_005 => (
            Cause::Token,
            Retry::OnceRepaired,
            "Access was denied: a permission is missing or was taken away. Check the app's permissions and the token.",
        ),
        131_008 => (
            Cause::Request,
            Retry::OnceRepaired,
            "The request lacks a parameter. The details name it.",
        ),
        131_009 => (
            Cause::Request,
            Retry::OnceRepaired,
            "A parameter of the request has a value that Meta does not take. The details name it.",
        ),
        131_021 => (
            Cause::Request,
            Retry::Never,
            "The message was addressed to the number that sends it. Choose another recipient.",
        ),
        131_026 => (
            Cause::Undeliverable,
            Retry::Never,
            "The message cannot reach this customer: no WhatsApp on the number, too old a version, or its terms not accepted. \
             Reach them another way.",
        ),
        131_030 => (
            Cause::Undeliverable,
            Retry::Never,
            "A test number only reaches recipients on its list. Add this one to the list, or send from a real number.",
        ),
        131_031 => (
            Cause::Account,
            Retry::OnceRepaired,
            "Meta has locked the account. See the account's overview for the reason, and appeal there.",
        ),
        131_037 => (
            Cause::Account,
            Retry::OnceRepaired,
            "The number's display name is not approved yet. Submit it, or wait until Meta has looked at it.",
        ),
        131_042 | 131_044 => (
            Cause::Payment,
            Retry::OnceRepaired,
            "Meta cannot charge the account. Check its payment method, credit line and currency in the billing settings.",
        ),
        131_045 => (
            Cause::Account,
            Retry::OnceRepaired,
            "The number is not registered for sending as it should be. Register it again.",
        ),
        131_047 => (
            Cause::WindowClosed,
            Retry::Never,
            "More than 24 hours have passed since the customer last wrote. Send a template instead.",
        ),
        131_048 => (
            Cause::RateLimited,
            Retry::Never,
            "Too many customers blocked or reported the number, so it may write to few. Mend its quality before sending more.",
        ),
        131_049 => (
            Cause::RateLimited,
            Retry::NextDay,
            "Meta held it back because the customer gets enough marketing already. Send it no sooner than in 24 hours, if at all.",
        ),
        131_050 => (
            Cause::OptedOut,
            Retry::Never,
            "The customer has stopped marketing messages from this business. Send them none until they start them again.",
        ),
        131_051 => (
            Cause::Request,
            Retry::OnceRepaired,
            "Messages of this type cannot be sent. Use one of the types that can.",
        ),
        131_052 => (
            Cause::Media,
            Retry::OnceRepaired,
            "The customer's file could not be fetched. Ask them to send it again, or another way.",
        ),
        131_053 => (
            Cause::Media,
            Retry::OnceRepaired,
            "The file was not taken: its type or size is not allowed, or its link does not answer. Check it and send again.",
        ),
        131_056 => (
            Cause::RateLimited,
            Retry::BackOff,
            "Too many messages to this one customer in a short time. It is tried again more slowly; others are not affected.",
        ),
        131_057 => (
            Cause::Temporary,
            Retry::BackOff,
            "The account is in maintenance, as when its throughput is raised. It is tried again in some minutes.",
        ),
        131_062 | 131_063 => (
            Cause::Identity,
            Retry::Never,
            "Such a message cannot go to a customer by their user id alone. Ask for their phone number, and send to that.",
        ),
        131_064 => (
            Cause::RateLimited,
            Retry::NextDay,
            "The business has written to as many new customers as it may in 24 hours. Good quality raises the limit.",
        ),
        _ => return None,
    })
}

/// Codes of templates and of the flows in them.
fn of_templates(code: i64) -> Option<Known> {
    let advice = match code {
        132_000 => {
            "The template takes another number of parameters than were given. Give one for each of its variables."
        }
        132_001 => "There is no approved template of this name in this language. Check both, and that it is approved.",
        132_005 => "With its parameters filled in, the template is too long. Shorten them.",
        132_007 => "The template breaks a policy. Change its content and submit it again.",
        132_008 => "A parameter has a value that the template does not take there. The details name it.",
        132_012 => "A parameter is not of the kind that the template has in that place. The details name it.",
        132_015 => {
            "The template is paused for low quality. Edit it, or wait until Meta takes it up again, and send another meanwhile."
        }
        132_016 => "The template was paused too often and is disabled for good. Make a new one with other content.",
        132_068 => "The flow in the message is blocked. Repair it, and publish it again.",
        132_069 => {
            "The flow in the message is throttled: it had many errors, and takes ten messages an hour. Repair its endpoint."
        }
        _ => return None,
    };
    Some((Cause::Template, Retry::OnceRepaired, advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(codes: &[i64], retries: &[Retry]) {
        for code in codes {
            let Failure { cause, retry, advice } = failure(*code);
            assert_ne!(cause, Cause::Unknown, "{code}");
            assert!(retries.contains(&retry), "{code}: {retry}");
            assert!(advice.ends_with('.') && !advice.contains("  "), "{code}: {advice}");
        }
    }

    #[test]
    fn every_code_that_meta_documents_has_a_cause_and_is_only_repeated_where_that_helps() {
        let passing = [1, 2, 4, 80_007, 130_429, 131_000, 131_016, 131_056, 131_057, 133_016];
        all(&passing, &[Retry::BackOff]);
        let lost = [
            131_047, 131_049, 131_050, 131_026, 131_021, 131_030, 130_472, 130_497, 131_062, 131_063,
        ];
        all(&lost, &[Retry::Never, Retry::NextDay]);
        let set_up = [0, 190, 3, 10, 131_005, 131_031, 131_037, 131_042, 131_044, 131_045, 368];
        all(&set_up, &[Retry::OnceRepaired]);
        all(&(200..300).collect::<Vec<_>>(), &[Retry::OnceRepaired]);
        let asked_wrongly = [
            100, 131_008, 131_009, 131_051, 131_052, 131_053, 132_000, 132_001, 132_005, 132_007, 132_008, 132_012,
            132_015, 132_016, 132_068, 132_069, 135_000, 137_000,
        ];
        all(&asked_wrongly, &[Retry::OnceRepaired]);
    }

    #[test]
    fn causes_are_told_apart() {
        for (code, cause, retry) in [
            (131_047, Cause::WindowClosed, Retry::Never),
            (131_050, Cause::OptedOut, Retry::Never),
            (131_026, Cause::Undeliverable, Retry::Never),
            (131_049, Cause::RateLimited, Retry::NextDay),
            (131_048, Cause::RateLimited, Retry::Never),
            (131_064, Cause::RateLimited, Retry::NextDay),
            (132_001, Cause::Template, Retry::OnceRepaired),
            (131_053, Cause::Media, Retry::OnceRepaired),
            (368, Cause::Policy, Retry::OnceRepaired),
            (131_031, Cause::Account, Retry::OnceRepaired),
            (131_042, Cause::Payment, Retry::OnceRepaired),
            (190, Cause::Token, Retry::OnceRepaired),
            (137_000, Cause::Identity, Retry::OnceRepaired),
            (100, Cause::Request, Retry::OnceRepaired),
            (131_016, Cause::Temporary, Retry::BackOff),
        ] {
            assert_eq!((failure(code).cause, failure(code).retry), (cause, retry), "{code}");
        }
    }

    #[test]
    fn a_code_that_nobody_knows_is_not_sent_again() {
        for code in [-1, 5, 300, 131_999, 132_999, 133_000, 470, i64::MIN, i64::MAX] {
            assert_eq!(
                (failure(code).cause, failure(code).retry),
                (Cause::Unknown, Retry::Never),
                "{code}"
            );
        }
    }
}
