//! What lies in the volumes of the demo, so that there is something to look through.

use super::super::model::Fs;

/// Files of a volume whose name says what it holds.
const FILES: &[(&str, &[(&str, &str)])] = &[
    (
        "pgdata",
        &[
            ("/PG_VERSION", "16\n"),
            (
                "/postgresql.conf",
                "# - Connection Settings -\nlisten_addresses = '*'\nmax_connections = 200\nshared_buffers = 1GB\nwal_level = replica\nmax_wal_senders = 10\nlog_min_duration_statement = 500\n",
            ),
            (
                "/pg_hba.conf",
                "# TYPE  DATABASE        USER            ADDRESS                 METHOD\nlocal   all             all                                     trust\nhost    all             all             172.16.0.0/12           scram-sha-256\nhost    replication     replicator      172.16.0.0/12           scram-sha-256\n",
            ),
            (
                "/postmaster.pid",
                "1\n/var/lib/postgresql/data\n1763000000\n5432\n",
            ),
            ("/global/pg_control", "\u{4}\0\u{1}\0pg_control\0\0\0\u{10}"),
            ("/base/1/PG_VERSION", "16\n"),
            ("/base/16384/PG_VERSION", "16\n"),
            ("/pg_wal/000000010000000A000000C3", "\0\0\0wal"),
        ],
    ),
    (
        "replica",
        &[
            ("/PG_VERSION", "16\n"),
            ("/standby.signal", ""),
            (
                "/postgresql.auto.conf",
                "primary_conninfo = 'host=postgres port=5432 user=replicator'\nprimary_slot_name = 'replica1'\n",
            ),
        ],
    ),
    (
        "mysql",
        &[
            (
                "/auto.cnf",
                "[auto]\nserver-uuid=6f0c5f0e-9d1c-11ef-8a2b-0242ac130003\n",
            ),
            ("/ibdata1", "\0\0\0\0innodb"),
            ("/ghost/posts.ibd", "\0\0\0\0posts"),
            ("/ghost/users.ibd", "\0\0\0\0users"),
            ("/mysql/user.ibd", "\0\0\0\0user"),
        ],
    ),
    (
        "redis",
        &[
            ("/dump.rdb", "REDIS0011\u{7f}\0redis-ver"),
            (
                "/appendonlydir/appendonly.aof.manifest",
                "file appendonly.aof.1.base.rdb seq 1 type b\n",
            ),
        ],
    ),
    (
        "acme",
        &[
            (
                "/acme.json",
                "{\n  \"letsencrypt\": {\n    \"Account\": {\"Email\": \"ops@example.com\"},\n    \"Certificates\": []\n  }\n}\n",
            ),
            (
                "/live/www.example.com/README",
                "This directory contains your keys and certificates.\n",
            ),
        ],
    ),
    (
        "grafana",
        &[
            ("/grafana.db", "SQLite format 3\0"),
            ("/plugins/readme.txt", "plugins live here\n"),
        ],
    ),
    (
        "prometheus",
        &[
            ("/lock", ""),
            ("/queries.active", "[]\n"),
            ("/wal/00000412", "\0\0wal"),
            (
                "/01JC9ZK5V3/meta.json",
                "{\"ulid\":\"01JC9ZK5V3\",\"minTime\":1763000000000,\"stats\":{\"numSamples\":48211032}}\n",
            ),
        ],
    ),
    (
        "gitea",
        &[
            (
                "/gitea/conf/app.ini",
                "APP_NAME = Gitea\nRUN_MODE = prod\n\n[server]\nROOT_URL = https://git.example.com/\nSSH_PORT = 2222\n\n[security]\nINSTALL_LOCK = true\n",
            ),
            (
                "/git/repositories/shop/api.git/HEAD",
                "ref: refs/heads/main\n",
            ),
            (
                "/ssh/ssh_host_ed25519_key.pub",
                "ssh-ed25519 AAAAC3Nza git@example\n",
            ),
        ],
    ),
    (
        "backups",
        &[
            ("/2026-03-12.sql.gz", "\u{1f}\0gz"),
            ("/2026-03-13.sql.gz", "\u{1f}\0gz"),
            (
                "/backup.log",
                "pg_dump shop: done in 214 s\nuploaded to s3://backups/shop\nremoved 3 old backups\n",
            ),
        ],
    ),
];

/// Fill a volume; one of another name stays empty.
pub(super) fn fill(fs: &mut Fs, volume: &str, made: i64) {
    let kind = volume.rsplit('_').next().unwrap_or(volume);
    let files = FILES.iter().find(|(name, _)| *name == kind);
    for (path, data) in files.map(|(_, files)| *files).unwrap_or_default() {
        fs.seed(path, data, made);
    }
}
