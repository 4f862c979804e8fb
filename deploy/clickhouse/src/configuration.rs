//! The two files the engine reads: limits and caches, users and rights. Written anew at each start, readable
//! by their owner only.
//!
//! Three users. `parlance` makes databases and tables and writes them. `parlance_reader` reads them, within
//! bounds. Neither may touch files, URLs or other servers: those rights are simply not granted. `default` is
//! the engine's own session, which cannot have a password: it may open the port and read standard input,
//! nothing else, and it may have one session, which is the engine's own, so nobody else can be it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{Config, Error, READER, WRITER};

/// Shortest password: shorter ones are a mistake, not a choice.
const PASSWORD_CHARACTERS_MIN: usize = 8;

/// Writes `config.xml` and `users.xml` below `data` and returns the path of the first.
pub(crate) fn write(config: &Config, data: &Path) -> Result<PathBuf, Error> {
    for (what, password) in [
        ("the password", &config.password),
        ("the reader's password", &config.reader_password),
    ] {
        if password.chars().count() < PASSWORD_CHARACTERS_MIN {
            return Err(Error::Unusable {
                what,
                why: "it is shorter than 8 characters",
            });
        }
    }
    let users_file = data.join("users.xml");
    private(&users_file, &users(config))?;
    let config_file = data.join("config.xml");
    private(&config_file, &server(config, &users_file))?;
    Ok(config_file)
}

/// Replaces a file as a whole; only its owner can read it, from its first byte on.
fn private(path: &Path, text: &str) -> Result<(), Error> {
    let named = |source| Error::File {
        path: path.to_owned(),
        source,
    };
    let new = path.with_extension("new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(named(error)),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .map_err(named)?;
    file.write_all(text.as_bytes()).map_err(named)?;
    fs::rename(&new, path).map_err(named)
}

fn server(config: &Config, users_file: &Path) -> String {
    let memory = config.memory_bytes;
    let users_file = xml(&users_file.display().to_string());
    format!(
        r#"<clickhouse>
    <users_config>{users_file}</users_config>
    <default_profile>default</default_profile>
    <!-- The engine prints what it cannot do; the rest is told to whoever asked. -->
    <logger><level>none</level><console>false</console></logger>
    <max_server_memory_usage>{memory}</max_server_memory_usage>
    <max_server_memory_usage_to_ram_ratio>0.9</max_server_memory_usage_to_ram_ratio>
    <!-- One machine, a few readers: small caches, few threads, so that it costs little when idle. -->
    <mark_cache_size>67108864</mark_cache_size>
    <index_mark_cache_size>16777216</index_mark_cache_size>
    <uncompressed_cache_size>0</uncompressed_cache_size>
    <max_connections>256</max_connections>
    <max_concurrent_queries>64</max_concurrent_queries>
    <background_pool_size>2</background_pool_size>
    <background_schedule_pool_size>4</background_schedule_pool_size>
    <asynchronous_metrics_update_period_s>60</asynchronous_metrics_update_period_s>
    <asynchronous_heavy_metrics_update_period_s>3600</asynchronous_heavy_metrics_update_period_s>
    <!-- An acknowledged insert outlives a power cut, not only a kill: otherwise the progress written after it could
         survive it. Costs some milliseconds an insert. -->
    <merge_tree>
        <fsync_after_insert>1</fsync_after_insert>
        <fsync_part_directory>1</fsync_part_directory>
    </merge_tree>
    <!-- Longer than the client keeps idle connections, so that it is never the server who closes them. -->
    <keep_alive_timeout>30</keep_alive_timeout>
</clickhouse>
"#
    )
}

fn users(config: &Config) -> String {
    let (writer, reader) = (password(&config.password), password(&config.reader_password));
    format!(
        r#"<clickhouse>
    <profiles>
        <!-- async_insert would cut the writer's blocks anew and so defeat de-duplication by token. -->
        <default><async_insert>0</async_insert></default>
        <engine>
            <max_sessions_for_user>1</max_sessions_for_user>
            <constraints><max_sessions_for_user><const/></max_sessions_for_user></constraints>
        </engine>
        <reader>
            <!-- 2: no writes, but the client may set its own, lower limits. -->
            <readonly>2</readonly>
            <max_execution_time>30</max_execution_time>
            <timeout_overflow_mode>throw</timeout_overflow_mode>
            <max_memory_usage>536870912</max_memory_usage>
            <max_result_bytes>268435456</max_result_bytes>
            <result_overflow_mode>throw</result_overflow_mode>
            <max_concurrent_queries_for_user>32</max_concurrent_queries_for_user>
            <constraints>
                <max_execution_time><min>0.1</min><max>60</max></max_execution_time>
                <timeout_overflow_mode><const/></timeout_overflow_mode>
                <max_memory_usage><min>1</min><max>1073741824</max></max_memory_usage>
                <max_result_bytes><min>1</min><max>268435456</max></max_result_bytes>
                <result_overflow_mode><const/></result_overflow_mode>
                <max_concurrent_queries_for_user><const/></max_concurrent_queries_for_user>
            </constraints>
        </reader>
    </profiles>
    <quotas><default/></quotas>
    <users>
        <default>
            <no_password/>
            <networks><ip>127.0.0.1</ip></networks>
            <profile>engine</profile>
            <grants>
                <query>GRANT SYSTEM LISTEN ON *.*</query>
                <query>GRANT FILE, CREATE TEMPORARY TABLE ON *.*</query>
            </grants>
        </default>
        <{WRITER}>
            {writer}
            <networks><ip>127.0.0.1</ip></networks>
            <profile>default</profile>
            <grants>
                <query>GRANT SHOW, SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP, TRUNCATE, OPTIMIZE ON *.*</query>
                <query>GRANT SYSTEM MERGES, SYSTEM SYNC REPLICA, KILL QUERY ON *.*</query>
                <query>GRANT TABLE ENGINE ON Atomic</query>
                <query>GRANT TABLE ENGINE ON MergeTree</query>
                <query>GRANT TABLE ENGINE ON ReplacingMergeTree</query>
                <query>GRANT TABLE ENGINE ON AggregatingMergeTree</query>
                <query>GRANT TABLE ENGINE ON SummingMergeTree</query>
            </grants>
        </{WRITER}>
        <{READER}>
            {reader}
            <networks><ip>127.0.0.1</ip></networks>
            <profile>reader</profile>
            <grants><query>GRANT SHOW, SELECT ON *.*</query></grants>
        </{READER}>
    </users>
</clickhouse>
"#
    )
}

/// Only the hash of a password is written.
fn password(password: &str) -> String {
    format!(
        "<password_sha256_hex>{}</password_sha256_hex>",
        hex::encode(Sha256::digest(password))
    )
}

/// A text as the content of an XML element.
fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A text as a literal of ClickHouse's SQL.
pub(crate) fn sql_text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_leave_their_place() {
        assert_eq!(sql_text(r"a'b\"), r"'a\'b\\'");
        assert_eq!(xml("<a&b>"), "&lt;a&amp;b&gt;");
    }
}
