//! The command line: what there is to run, and where each command goes.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::settings::Settings;
use crate::{
    analyse, check, correct, decide, learn, opinions, reconcile, rules, services, settings_topic, setup, sql, stop,
    traffic, train, up,
};

const AFTER_HELP: &str = "\
Try it on a laptop:
  parlance up                                   start everything on embedded servers
  parlance demo --rate 20 --for 1m              send a minute of signed demo traffic
  parlance sql 'SELECT count() FROM messages'   look at what was stored

Configuration: defaults < parlance.toml (--config) < environment. `parlance config` prints what is in force.
Exit codes: 0 done, 1 failed (the reason is on stderr), 2 the command line is wrong.";

/// WhatsApp Business traffic in, analysed and queryable rows out; nothing lost.
#[derive(Parser)]
#[command(name = "parlance", version, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Args, Clone)]
pub(crate) struct Global {
    /// Configuration file (TOML). Without it `parlance.toml` in the working folder is read when there.
    #[arg(long, global = true, env = "PARLANCE_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder of everything the embedded servers keep, and of the file that says where things run.
    #[arg(
        long,
        global = true,
        env = "PARLANCE_DATA",
        value_name = "DIR",
        default_value = "./data"
    )]
    pub(crate) data: PathBuf,
    /// How log lines are written to stderr.
    #[arg(long, global = true, env = "PARLANCE_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
}

/// How log lines are written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

impl From<LogFormat> for parlance_service::telemetry::Format {
    fn from(format: LogFormat) -> Self {
        match format {
            LogFormat::Text => Self::Text,
            LogFormat::Json => Self::Json,
        }
    }
}

#[derive(Subcommand)]
enum Command {
    /// Start everything: embedded servers where no address is configured, then every service; watch and restart them.
    Up,
    /// Run the webhook receiver: verify, split, write to Kafka, answer 200.
    Ingest,
    /// Run the dataflow: Kafka in, ClickHouse rows out.
    Pipeline(PipelineArgs),
    /// Ask a language model about messages the analyser is unsure of, within a budget; its answers correct the past.
    Opinions,
    /// Run the HTTP API and the dashboard.
    QueryApi,
    /// Run the embedded broker: a single-node log behind the Kafka protocol, for one machine.
    Broker,
    /// Run the embedded ClickHouse server.
    Clickhouse,
    /// Create the log's missing topics and check those that exist.
    Topics,
    /// Create or upgrade ClickHouse's tables.
    Migrate,
    /// Validate the configuration, reach every server, and say what is wrong and how to mend it.
    Check,
    /// Print the configuration in force, secrets hidden.
    Config,
    /// Run a read-only query on whichever ClickHouse is configured.
    Sql(sql::SqlArgs),
    /// Say what messages say: one JSON object a line, from files or standard input; or how often that is right.
    Analyse(analyse::AnalyseArgs),
    /// Say what messages that were labelled wrong are, as a person.
    Correct(correct::CorrectArgs),
    /// Resolve or assign a conversation, or say that two identifiers are, or are not, of one customer.
    Decide(decide::DecideArgs),
    /// Count windows, conversations and turns anew from the tables, show where they differ from what is stored, or repair it.
    Reconcile(reconcile::ReconcileArgs),
    /// Look at what people decided about each integration, put it, take it back, or only check it.
    Settings(settings_topic::SettingsArgs),
    /// Print rules to start from, or the JSON Schema of rules: what is done about which messages.
    Rules(rules::RulesArgs),
    /// Train the analyser's weights from labelled messages, or adapt them to one integration from its corrections; and say
    /// how good that is.
    Train(train::TrainArgs),
    /// Send a reproducible world of businesses and customers as signed webhooks.
    Demo(parlance_traffic::demo::Demo),
    /// Sign and post recorded webhook bodies.
    Replay(parlance_traffic::replay::Replay),
}

/// The shape of the timely cluster; the rest of the pipeline's settings come from the configuration.
#[derive(Args)]
pub(crate) struct PipelineArgs {
    /// Worker threads of this process.
    #[arg(long)]
    pub(crate) workers: Option<usize>,
    /// Processes in the cluster.
    #[arg(long)]
    pub(crate) processes: Option<usize>,
    /// Which of them this is, from 0.
    #[arg(long)]
    pub(crate) process: Option<usize>,
    /// File with one `host:port` a line, the same for every process of the cluster.
    #[arg(long, value_name = "FILE")]
    pub(crate) hosts: Option<PathBuf>,
}

/// Runs the command in a runtime of its own and says with which code the process ends.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    // These need neither settings nor servers.
    match &cli.command {
        Command::Analyse(args) => return analyse::analyse(args),
        Command::Rules(args) => return rules::rules(args),
        Command::Train(args) if args.integration.is_none() => {
            parlance_service::telemetry::init("train", cli.global.log_format.into())?;
            return train::train(args);
        }
        _ => {}
    }
    let settings = Settings::load(&cli.global)?;
    // ClickHouse's engine brings its own threads and signal handlers; it gets the process to itself.
    if let Command::Clickhouse = cli.command {
        return services::clickhouse(&settings);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        let shutdown = stop::on_signal();
        match cli.command {
            Command::Up => up::up(settings, shutdown).await,
            Command::Ingest => services::ingest(settings, shutdown).await,
            Command::Pipeline(shape) => services::pipeline(settings, shape, shutdown).await,
            Command::Opinions => opinions::opinions(settings, shutdown).await,
            Command::QueryApi => services::query_api(settings, shutdown).await,
            Command::Broker => services::broker(settings, shutdown).await,
            Command::Train(args) => learn::learn(&settings, &args).await,
            Command::Clickhouse | Command::Analyse(_) | Command::Rules(_) => unreachable!("handled before the runtime"),
            Command::Topics => setup::topics(&settings).await,
            Command::Migrate => setup::migrate(&settings).await,
            Command::Check => check::check(&settings).await,
            Command::Config => settings.print(),
            Command::Sql(query) => sql::sql(&settings, query).await,
            Command::Correct(args) => correct::correct(&settings, args).await,
            Command::Decide(args) => decide::decide(&settings, args).await,
            Command::Reconcile(args) => reconcile::reconcile(&settings, args, shutdown).await,
            Command::Settings(args) => settings_topic::run(&settings, args).await,
            Command::Demo(demo) => traffic::demo(&settings, demo, shutdown).await,
            Command::Replay(replay) => traffic::replay(&settings, replay, shutdown).await,
        }
    });
    // What is still running (a stuck connection, say) must not hold the exit.
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    done
}
