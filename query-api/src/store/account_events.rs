//! Account events by (`occurred_at`, `event_id`), newest first. They are few: a number sees some a week.

use serde::Deserialize;

use super::{Store, Value, Where};
use crate::cursor::Cursor;
use crate::error::Refusal;
use crate::time::Moment;

/// Which events.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    pub(crate) account: Option<String>,
    pub(crate) integrations: Vec<String>,
    pub(crate) fields: Vec<String>,
    pub(crate) from: Option<Moment>,
    pub(crate) to: Option<Moment>,
}

/// One event.
#[derive(Debug, clickhouse::Row, Deserialize)]
pub(crate) struct AccountEvent {
    pub(crate) event_id: String,
    pub(crate) waba_id: String,
    pub(crate) phone_number_id: String,
    pub(crate) field: String,
    pub(crate) event: String,
    pub(crate) subject: String,
    pub(crate) error_code: i64,
    pub(crate) occurred_at: i64,
    pub(crate) raw: String,
}

impl Store {
    /// The page of at most `limit` events after `after`, and where the next one begins.
    pub(crate) async fn account_events(
        &self,
        filter: &Filter,
        after: Option<&Cursor<1>>,
        limit: usize,
    ) -> Result<(Vec<AccountEvent>, Option<Cursor<1>>), Refusal> {
        let mut given = Where::all();
        let moment = |value: Option<Moment>| value.map(|moment| Value::Number(moment.0));
        given.and_with(
            "waba_id = {account:String}",
            "account",
            filter.account.clone().map(Value::Text),
        );
        given.and_any_of(
            "phone_number_id IN {integration:Array(String)}",
            "integration",
            &filter.integrations,
        );
        given.and_any_of("field IN {field:Array(String)}", "field", &filter.fields);
        given.and_with(
            "occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')",
            "from",
            moment(filter.from),
        );
        given.and_with(
            "occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')",
            "to",
            moment(filter.to),
        );
        if let Some(after) = after {
            given.and("(occurred_at, event_id) < (fromUnixTimestamp64Milli({after:Int64}, 'UTC'), {after_id:String})");
            given.value("after", Value::Number(after.at.0));
            given.value("after_id", Value::Text(after.ids[0].clone()));
        }
        given.value("wanted", Value::Count(limit as u64 + 1));
        let sql = format!(
            "SELECT event_id, waba_id, phone_number_id, field, event, subject, error_code, occurred_at, raw \
             FROM account_events WHERE {} ORDER BY occurred_at DESC, event_id DESC, version DESC \
             LIMIT 1 BY event_id LIMIT {{wanted:UInt64}}",
            given.sql()
        );
        let mut events = self.rows::<AccountEvent>("account_events", &sql, &given).await?;
        let more = events.len() > limit;
        events.truncate(limit);
        let next = events.last().filter(|_| more).map(|last| Cursor {
            at: Moment(last.occurred_at),
            ids: [last.event_id.clone()],
        });
        Ok((events, next))
    }
}
