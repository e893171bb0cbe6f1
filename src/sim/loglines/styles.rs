//! The log formats of well-known software, with made-up content.

use super::super::model::{Run, Stream};
use super::super::program::{Service, Style};
use super::super::util::{hex64, mix, pick, rfc3339_nine, strftime};
use Stream::{Stderr, Stdout};

type Line = (Stream, String);

const PATHS: [&str; 12] = [
    "/",
    "/healthz",
    "/api/v1/orders",
    "/api/v1/orders/8841",
    "/api/v1/cart",
    "/login",
    "/static/app.4f1c.js",
    "/static/site.css",
    "/favicon.ico",
    "/api/v1/search?q=anchor",
    "/metrics",
    "/api/v1/users/me",
];
const METHODS: [&str; 6] = ["GET", "GET", "GET", "GET", "POST", "PUT"];
const AGENTS: [&str; 4] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0",
    "curl/8.9.1",
    "kube-probe/1.31",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15",
];
const USERS: [&str; 6] = ["anna", "bela", "carlos", "dmitri", "zoë", "李雷"];

fn address(hash: u64) -> String {
    format!(
        "10.{}.{}.{}",
        hash & 3,
        hash >> 8 & 255,
        (hash >> 16 & 0x7f) + 1
    )
}

fn status(hash: u64) -> u16 {
    *pick(
        hash >> 20,
        &[
            200, 200, 200, 200, 200, 200, 200, 304, 304, 201, 302, 404, 401, 500, 200,
        ],
    )
}

/// The line or lines written at one moment.
pub(super) fn lines(style: Style, hash: u64, at: i64) -> Vec<Line> {
    match style {
        Style::Nginx => nginx(hash, at),
        Style::Postgres => postgres(hash, at),
        Style::Redis => redis(hash, at),
        Style::Json => json(hash, at),
        Style::Logfmt => logfmt(hash, at),
        Style::Java => java(hash, at),
        Style::Python => python(hash, at),
        Style::Traefik => traefik(hash, at),
        Style::Plain => plain(hash, at),
    }
}

fn nginx(hash: u64, at: i64) -> Vec<Line> {
    let path = pick(hash >> 8, &PATHS);
    let client = address(hash);
    if hash.is_multiple_of(61) {
        let when = strftime(at, "%Y/%m/%d %H:%M:%S");
        return vec![(
            Stderr,
            format!(
                "{when} [error] 29#29: *{} connect() failed (111: Connection refused) while connecting to upstream, client: {client}, server: _, request: \"GET {path} HTTP/1.1\", upstream: \"http://172.18.0.4:8080{path}\", host: \"shop.example\"",
                hash >> 40 & 0xffff
            ),
        )];
    }
    vec![(
        Stdout,
        format!(
            "{client} - - [{}] \"{} {path} HTTP/1.1\" {} {} \"-\" \"{}\"",
            strftime(at, "%d/%b/%Y:%H:%M:%S +0000"),
            pick(hash >> 4, &METHODS),
            status(hash),
            hash >> 24 & 0x7fff,
            pick(hash >> 12, &AGENTS),
        ),
    )]
}

fn postgres(hash: u64, at: i64) -> Vec<Line> {
    let pid = 60 + (hash & 31);
    let when = strftime(at, "%Y-%m-%d %H:%M:%S%.3f UTC");
    let head = format!("{when} [{pid}]");
    let ms = (hash >> 16 & 0xffff) as f64 / 37.0;
    let line = |text: String| (Stderr, format!("{head} {text}"));
    match hash % 23 {
        0 => vec![
            line("ERROR:  duplicate key value violates unique constraint \"orders_pkey\"".into()),
            line(format!(
                "DETAIL:  Key (id)=({}) already exists.",
                hash >> 44
            )),
            line("STATEMENT:  INSERT INTO orders (id, user_id, total) VALUES ($1, $2, $3)".into()),
        ],
        1..=3 => vec![line(format!(
            "LOG:  checkpoint complete: wrote {} buffers (0.{}%); 0 WAL file(s) added, 0 removed, 1 recycled; write={:.3} s, sync=0.003 s, total={:.3} s",
            hash >> 50,
            hash >> 8 & 9,
            ms / 9.0,
            ms / 8.9
        ))],
        4 => vec![line(format!(
            "FATAL:  password authentication failed for user \"{}\"",
            pick(hash >> 9, &USERS)
        ))],
        5 | 6 => vec![line("WARNING:  there is no transaction in progress".into())],
        _ => vec![line(format!(
            "LOG:  duration: {ms:.3} ms  statement: SELECT * FROM orders WHERE user_id = {} ORDER BY created_at DESC LIMIT 20",
            hash >> 48
        ))],
    }
}

fn redis(hash: u64, at: i64) -> Vec<Line> {
    let when = strftime(at, "%d %b %Y %H:%M:%S%.3f");
    let text = match hash % 9 {
        0 => "# WARNING overcommit_memory is set to 0! Background save may fail under low memory condition.".to_owned(),
        1 | 2 => format!("* {} changes in 60 seconds. Saving...", 1000 + (hash >> 50)),
        3 | 4 => format!("* Background saving started by pid {}", 20 + (hash >> 55)),
        5 => "* DB saved on disk".to_owned(),
        6 => "* Background saving terminated with success".to_owned(),
        _ => format!("* DB 0: {} keys ({} volatile) in 8192 slots HT.", hash >> 48, hash >> 56),
    };
    vec![(Stdout, format!("1:M {when} {text}"))]
}

fn json(hash: u64, at: i64) -> Vec<Line> {
    let (level, message, extra) = match hash % 40 {
        0 => (
            "error",
            "payment provider answered 502",
            ",\"err\":{\"type\":\"UpstreamError\",\"code\":502,\"retry\":3}",
        ),
        1..=3 => ("warn", "slow request", ",\"budgetMs\":250"),
        4..=6 => ("debug", "cache miss", ",\"cache\":\"session\""),
        _ => ("info", "request completed", ""),
    };
    let body = format!(
        "{{\"level\":\"{level}\",\"time\":\"{}\",\"msg\":\"{message}\",\"method\":\"{}\",\"path\":\"{}\",\"status\":{},\"durationMs\":{:.1},\"user\":\"{}\",\"traceId\":\"{}\"{extra}}}",
        strftime(at, "%Y-%m-%dT%H:%M:%S%.3fZ"),
        pick(hash >> 4, &METHODS),
        pick(hash >> 8, &PATHS),
        if level == "error" { 502 } else { status(hash) },
        (hash >> 40 & 0xfff) as f64 / 11.0,
        pick(hash >> 14, &USERS),
        &hex64(hash)[..16],
    );
    vec![(if level == "error" { Stderr } else { Stdout }, body)]
}

fn logfmt(hash: u64, at: i64) -> Vec<Line> {
    let (level, text) = match hash % 30 {
        0 => ("error", "msg=\"scrape failed\" target=http://10.0.2.9:9100/metrics err=\"context deadline exceeded\"".to_owned()),
        1..=3 => ("warn", format!("msg=\"evaluating rule took long\" rule=HighLatency seconds={:.2}", (hash >> 50) as f64 / 900.0)),
        _ => ("info", format!("msg=\"compaction done\" component=tsdb blocks={} duration={}ms", 1 + (hash >> 60), hash >> 52)),
    };
    let when = strftime(at, "%Y-%m-%dT%H:%M:%S%.3fZ");
    vec![(
        Stderr,
        format!(
            "ts={when} caller=main.go:{} level={level} {text}",
            100 + (hash >> 57)
        ),
    )]
}

fn java(hash: u64, at: i64) -> Vec<Line> {
    let when = strftime(at, "%Y-%m-%d %H:%M:%S,%3f");
    if hash.is_multiple_of(45) {
        let trace = [
            format!("{when} ERROR [org.example.billing.InvoiceService] (executor-thread-{}) invoice {} failed", hash >> 58, hash >> 44),
            "java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after 30000ms.".to_owned(),
            "\tat com.zaxxer.hikari.pool.HikariPool.createTimeoutException(HikariPool.java:686)".to_owned(),
            "\tat com.zaxxer.hikari.pool.HikariPool.getConnection(HikariPool.java:179)".to_owned(),
            "\tat org.example.billing.InvoiceService.render(InvoiceService.java:214)".to_owned(),
            "\t... 42 more".to_owned(),
        ];
        return trace.into_iter().map(|text| (Stdout, text)).collect();
    }
    let (level, text) = match hash % 12 {
        0 => ("WARN ", "Agroal pool 'default' is 92% busy"),
        1 | 2 => ("DEBUG", "evicted 14 expired sessions"),
        _ => ("INFO ", "user session refreshed"),
    };
    vec![(
        Stdout,
        format!(
            "{when} {level} [org.example.auth] (executor-thread-{}) {text}",
            hash >> 58
        ),
    )]
}

fn python(hash: u64, at: i64) -> Vec<Line> {
    let when = strftime(at, "%Y-%m-%d %H:%M:%S,%3f");
    let task = &hex64(hash)[..8];
    match hash % 35 {
        0 => vec![
            (
                Stderr,
                format!(
                    "[{when}: ERROR/MainProcess] Task mail.send[{task}] raised unexpected: TimeoutError()"
                ),
            ),
            (Stderr, "Traceback (most recent call last):".to_owned()),
            (
                Stderr,
                "  File \"/app/mail/tasks.py\", line 88, in send".to_owned(),
            ),
            (Stderr, "    smtp.send_message(message)".to_owned()),
            (Stderr, "TimeoutError: timed out".to_owned()),
        ],
        1..=3 => vec![(
            Stderr,
            format!(
                "[{when}: WARNING/MainProcess] queue 'default' is {} deep",
                hash >> 54
            ),
        )],
        n if n % 2 == 0 => vec![(
            Stderr,
            format!("[{when}: INFO/MainProcess] Task mail.send[{task}] received"),
        )],
        _ => vec![(
            Stderr,
            format!(
                "[{when}: INFO/ForkPoolWorker-{}] Task mail.send[{task}] succeeded in {:.3}s: None",
                1 + (hash >> 62),
                (hash >> 50) as f64 / 7e3
            ),
        )],
    }
}

fn traefik(hash: u64, at: i64) -> Vec<Line> {
    vec![(
        Stdout,
        format!(
            "{{\"ClientHost\":\"{}\",\"DownstreamStatus\":{},\"Duration\":{},\"RequestMethod\":\"{}\",\"RequestPath\":\"{}\",\"RouterName\":\"shop@docker\",\"ServiceName\":\"web@docker\",\"level\":\"{}\",\"msg\":\"\",\"time\":\"{}\"}}",
            address(hash),
            status(hash),
            hash >> 36,
            pick(hash >> 4, &METHODS),
            pick(hash >> 8, &PATHS),
            if hash.is_multiple_of(50) {
                "error"
            } else {
                "info"
            },
            strftime(at, "%Y-%m-%dT%H:%M:%SZ"),
        ),
    )]
}

fn plain(hash: u64, at: i64) -> Vec<Line> {
    let text = match hash % 20 {
        0 => "\u{1b}[31mERROR\u{1b}[0m could not reach peer, will try again".to_owned(),
        1 | 2 => "\u{1b}[33mWARN\u{1b}[0m clock is 120 ms ahead of the peer".to_owned(),
        3 => "heartbeat ✓ 心跳 正常".to_owned(),
        _ => format!("tick {} ok, {} items", mix(hash) >> 50, hash >> 56),
    };
    vec![(Stdout, format!("{} {text}", rfc3339_nine(at)))]
}

/// What a service says when it starts.
pub(super) fn banner(style: Style) -> &'static [(Stream, &'static str)] {
    match style {
        Style::Nginx => &[
            (
                Stdout,
                "/docker-entrypoint.sh: Configuration complete; ready for start up",
            ),
            (Stderr, "[notice] 1#1: using the \"epoll\" event method"),
            (Stderr, "[notice] 1#1: nginx/1.27.2"),
            (Stderr, "[notice] 1#1: start worker processes"),
        ],
        Style::Postgres => &[
            (
                Stderr,
                "[1] LOG:  starting PostgreSQL 16.4 on x86_64-pc-linux-musl, 64-bit",
            ),
            (
                Stderr,
                "[1] LOG:  listening on IPv4 address \"0.0.0.0\", port 5432",
            ),
            (Stderr, "[29] LOG:  database system was shut down"),
            (
                Stderr,
                "[1] LOG:  database system is ready to accept connections",
            ),
        ],
        Style::Redis => &[
            (Stdout, "* oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo"),
            (Stdout, "* Ready to accept connections tcp"),
        ],
        Style::Json => &[(Stdout, "listening on :8080")],
        Style::Java => &[
            (
                Stdout,
                "Keycloak 26.0.5 on JVM (powered by Quarkus 3.15) starting",
            ),
            (Stdout, "Listening on: http://0.0.0.0:8080"),
        ],
        Style::Python => &[
            (Stderr, "celery@worker v5.4.0 (opalescent)"),
            (Stderr, "Connected to redis://redis:6379/0"),
            (Stderr, "celery@worker ready."),
        ],
        Style::Logfmt => &[
            (
                Stderr,
                "msg=\"Starting\" version=\"(version=2.55.0, branch=HEAD)\"",
            ),
            (Stderr, "msg=\"Server is ready to receive web requests.\""),
        ],
        Style::Traefik => &[(Stdout, "Configuration loaded from flags.")],
        Style::Plain => &[(Stdout, "starting"), (Stdout, "ready")],
    }
}

/// A banner line in the style's own dress.
pub(super) fn stamp(style: Style, at: i64, text: &str) -> String {
    match style {
        Style::Nginx if text.starts_with('[') => {
            format!("{} {text}", strftime(at, "%Y/%m/%d %H:%M:%S"))
        }
        Style::Nginx => text.to_owned(),
        Style::Postgres => format!("{} {text}", strftime(at, "%Y-%m-%d %H:%M:%S%.3f UTC")),
        Style::Redis => format!("1:M {} {text}", strftime(at, "%d %b %Y %H:%M:%S%.3f")),
        Style::Json | Style::Traefik => format!(
            "{{\"level\":\"info\",\"time\":\"{}\",\"msg\":\"{text}\"}}",
            strftime(at, "%Y-%m-%dT%H:%M:%S%.3fZ")
        ),
        Style::Logfmt => {
            format!(
                "ts={} level=info {text}",
                strftime(at, "%Y-%m-%dT%H:%M:%S%.3fZ")
            )
        }
        Style::Java => {
            format!(
                "{} INFO  [io.quarkus] (main) {text}",
                strftime(at, "%Y-%m-%d %H:%M:%S,%3f")
            )
        }
        Style::Python => {
            format!(
                "[{}: INFO/MainProcess] {text}",
                strftime(at, "%Y-%m-%d %H:%M:%S,%3f")
            )
        }
        Style::Plain => format!("{} {text}", rfc3339_nine(at)),
    }
}

/// What it says when it ends.
pub(super) fn farewell(service: &Service, run: &Run) -> Vec<Line> {
    let style = service.style;
    match service.crash {
        Some(crash) if crash.oom => Vec::new(),
        Some(crash) => vec![
            (
                Stderr,
                stamp(
                    style,
                    run.end,
                    "fatal: cannot open /data/state.db: database disk image is malformed",
                ),
            ),
            (
                Stderr,
                stamp(style, run.end, &format!("exiting with code {}", crash.code)),
            ),
        ],
        None => vec![(
            Stdout,
            stamp(style, run.end, "received signal 15, shutting down"),
        )],
    }
}
