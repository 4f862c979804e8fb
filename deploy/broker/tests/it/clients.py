"""What a Python client does with a log: administer, write, read as a group, commit, seek by time."""

import sys

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

brokers, topic, group = sys.argv[1:4]

admin = KafkaAdminClient(bootstrap_servers=brokers)
admin.create_topics([NewTopic(topic, 3, 1)])
assert topic in admin.list_topics()

producer = KafkaProducer(bootstrap_servers=brokers, acks="all", compression_type="gzip", linger_ms=20)
sent = [
    producer.send(topic, key=b"k%d" % n, value=b"v%d" % n, partition=n % 3, timestamp_ms=1_700_000_000_000 + n)
    for n in range(300)
]
producer.flush()
placed = {(future.get(30).partition, future.get(30).offset) for future in sent}
assert placed == {(partition, offset) for partition in range(3) for offset in range(100)}, placed


def member():
    return KafkaConsumer(
        topic,
        bootstrap_servers=brokers,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        consumer_timeout_ms=30_000,
    )


first = member()
got = set()
for record in first:
    got.add((record.key, record.value))
    if len(got) == 300:
        break
assert got == {(b"k%d" % n, b"v%d" % n) for n in range(300)}
first.commit()
partition = TopicPartition(topic, 1)
assert first.committed(partition) == 100, first.committed(partition)
found = first.offsets_for_times({partition: 1_700_000_000_000 + 150})[partition]
assert (found.offset, found.timestamp) == (50, 1_700_000_000_151), found
first.seek(partition, 42)
assert next(first).offset in range(300)
first.close()
assert any(group in str(listed) for listed in admin.list_groups()), admin.list_groups()
print("ok")
