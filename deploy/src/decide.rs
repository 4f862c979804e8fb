//! `parlance decide`: what a person settles about a conversation or a customer, into the log.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use parlance_schemas::decision::{Decision, What};
use parlance_schemas::record::VERSION;
use parlance_sinks::opinion::KafkaVerdicts;

use crate::settings::Settings;

const AFTER_HELP: &str = "\
Try it, beside a running `parlance up`:
  parlance decide resolve --account 1029 --integration 1065 --customer US.1349
  parlance decide assign --account 1029 --integration 1065 --customer US.1349 --team sales --agent ana
  parlance decide link --account 1029 --customer US.1349 --other 4915112345678
  parlance decide unlink --account 1029 --customer US.1349 --other 4915112345678

Conversations, turns and what windows measure follow within seconds. A customer is named by any of their identifiers: BSUID or
number. What a person unlinked no webhook links again; another `link` does.";

/// What to decide.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct DecideArgs {
    #[command(subcommand)]
    what: Decide,
    /// Who decides, stored with it.
    #[arg(long, env = "USER", default_value = "somebody", global = true)]
    author: String,
}

#[derive(Subcommand)]
enum Decide {
    /// The conversation is done.
    Resolve {
        #[command(flatten)]
        conversation: Conversation,
    },
    /// The conversation is given to a team, a person, both, or, with neither, to nobody.
    Assign {
        #[command(flatten)]
        conversation: Conversation,
        /// The team.
        #[arg(long, default_value = "")]
        team: String,
        /// The person.
        #[arg(long, default_value = "")]
        agent: String,
    },
    /// Two identifiers are of one customer.
    Link {
        #[command(flatten)]
        pair: Pair,
    },
    /// Two identifiers are of two customers.
    Unlink {
        #[command(flatten)]
        pair: Pair,
    },
}

#[derive(Args)]
struct Conversation {
    /// The WhatsApp Business Account.
    #[arg(long)]
    account: String,
    /// The business's number: its phone_number_id.
    #[arg(long)]
    integration: String,
    /// The customer; not for a group's conversation.
    #[arg(long, default_value = "")]
    customer: String,
    /// The group.
    #[arg(long, default_value = "")]
    group: String,
}

#[derive(Args)]
struct Pair {
    /// The WhatsApp Business Account.
    #[arg(long)]
    account: String,
    /// One identifier.
    #[arg(long)]
    customer: String,
    /// The other.
    #[arg(long)]
    other: String,
}

/// Writes the decision; refuses one that cannot be meant.
pub(crate) async fn decide(settings: &Settings, args: DecideArgs) -> anyhow::Result<ExitCode> {
    let decision = decision(args);
    if let Some(problem) = decision.problem() {
        bail!("{problem}");
    }
    let log = KafkaVerdicts::connect(&settings.reachable_kafka()?).await?;
    log.decide(decision).await?;
    Ok(ExitCode::SUCCESS)
}

fn decision(args: DecideArgs) -> Decision {
    let DecideArgs { what, author } = args;
    let about = |Conversation {
                     account,
                     integration,
                     customer,
                     group,
                 },
                 what| { (account, integration, customer, group, what) };
    let of_pair =
        |Pair {
             account,
             customer,
             other,
         },
         what: fn(String) -> What| { (account, String::new(), customer, String::new(), what(other)) };
    let (waba_id, phone_number_id, contact_id, group_id, what) = match what {
        Decide::Resolve { conversation } => about(conversation, What::Resolve),
        Decide::Assign {
            conversation,
            team,
            agent,
        } => about(conversation, What::Assign { team, agent }),
        Decide::Link { pair } => of_pair(pair, What::Link),
        Decide::Unlink { pair } => of_pair(pair, What::Unlink),
    };
    let at = Timestamp::now().as_millisecond();
    Decision {
        v: VERSION,
        author,
        at,
        waba_id,
        phone_number_id,
        contact_id,
        group_id,
        what,
    }
}
