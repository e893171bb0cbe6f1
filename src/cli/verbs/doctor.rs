//! `doctor`: what is wrong with each host, and what to do about it.

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use serde_json::json;

use crate::cli::Context;
use crate::cli::exit::{Exit, Verdict};
use crate::cli::human;
use crate::cli::out::Listing;
use crate::cli::pick::{advice, settle};
use crate::cli::table::{Cell, Table, Tone};
use crate::domain::error::{Error, ErrorKind};
use crate::domain::id::HostId;
use crate::domain::port::BoxFuture;
use crate::domain::selector;
use crate::domain::snapshot::{HostShard, Link};
use crate::reconcile::CoreHandle;

/// So many hosts are asked at once.
const AT_ONCE: usize = 32;
/// Clocks that differ by more make logs and certificates lie. Seconds.
const SKEW: i64 = 5;

/// How one check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdicts {
    Good,
    Warning,
    Bad,
}

impl Verdicts {
    fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::Good => Tone::Good,
            Self::Warning => Tone::Warn,
            Self::Bad => Tone::Bad,
        }
    }
}

#[derive(Debug)]
struct Finding {
    host: HostId,
    check: &'static str,
    verdict: Verdicts,
    found: String,
    advice: Option<String>,
    unreachable: bool,
}

pub(super) async fn doctor(core: &CoreHandle, ctx: &mut Context) -> Verdict {
    let hosts: Vec<HostId> = selector::hosts(&core.snapshot(), &ctx.global.hosts)?
        .into_iter()
        .map(|h| h.id().clone())
        .collect();
    let snapshot = settle(core, ctx, &hosts).await?;
    let (now, patience) = (ctx.now(), ctx.global.patience());
    // Boxed: the compiler cannot see that closures over borrowed hosts may change threads.
    let checks: Vec<BoxFuture<'_, Vec<Finding>>> = hosts
        .iter()
        .filter_map(|id| snapshot.host(id).cloned())
        .map(|host| {
            let check: BoxFuture<'_, _> =
                Box::pin(async move { examine(core, &host, now, patience).await });
            check
        })
        .collect();
    let found: Vec<Vec<Finding>> = futures_util::stream::iter(checks)
        .buffered(AT_ONCE)
        .collect()
        .await;
    let dead = found
        .iter()
        .filter(|all| all.iter().any(|f| f.unreachable))
        .count();
    let findings: Vec<Finding> = found.into_iter().flatten().collect();
    report(ctx, &findings)?;
    let bad = findings.iter().any(|f| f.verdict == Verdicts::Bad);
    Ok(match dead {
        0 if bad => Exit::Failed,
        0 => Exit::Done,
        n if n == hosts.len() => Exit::Unreachable,
        _ => Exit::Partial,
    })
}

fn report(ctx: &mut Context, findings: &[Finding]) -> Result<(), crate::cli::exit::Stop> {
    let titles = &["HOST", "CHECK", "VERDICT", "FOUND", "WHAT TO DO"];
    let mut listing = Listing {
        kind: "Finding",
        items: Vec::new(),
        errors: Vec::new(),
        table: Table::new(titles),
        wide: Table::new(titles),
        more: Vec::new(),
    };
    for f in findings {
        listing.items.push(json!({
            "host": f.host,
            "name": f.check,
            "kind": "Finding",
            "verdict": f.verdict.word(),
            "found": f.found,
            "advice": f.advice,
        }));
        let cells = vec![
            Cell::new(f.host.as_str(), Tone::Strong),
            f.check.into(),
            Cell::new(f.verdict.word(), f.verdict.tone()),
            f.found.as_str().into(),
            f.advice.as_deref().unwrap_or_default().into(),
        ];
        listing.table.row(cells.clone());
        listing.wide.row(cells);
    }
    let format = ctx.format();
    ctx.out.listing(&listing, &format)
}

async fn examine(
    core: &CoreHandle,
    host: &HostShard,
    now: DateTime<Utc>,
    patience: std::time::Duration,
) -> Vec<Finding> {
    let finding = |check, verdict, found: String, advice: Option<String>| Finding {
        host: host.id().clone(),
        check,
        verdict,
        found,
        advice,
        unreachable: false,
    };
    let mut all = Vec::new();
    match &host.link {
        Link::Live { rtt } => {
            let ms = rtt.as_secs_f64() * 1_000.0;
            let slow = ms > 500.0;
            all.push(finding(
                "reachable",
                if slow {
                    Verdicts::Warning
                } else {
                    Verdicts::Good
                },
                format!("{} in {ms:.0}ms", host.facts.endpoint),
                slow.then(|| "the way there is slow; everything will be".to_owned()),
            ));
        }
        link => {
            let error = link.error().cloned().unwrap_or_else(|| {
                Error::new(
                    ErrorKind::Unreachable,
                    format!("no answer within {}", human::span(patience)),
                )
            });
            let check = match link {
                Link::Denied { .. } => "permission",
                _ => "reachable",
            };
            return vec![Finding {
                unreachable: true,
                ..finding(
                    check,
                    Verdicts::Bad,
                    error.chain(),
                    Some(advice(&error, host)),
                )
            }];
        }
    }
    all.extend(permissions(host));
    let Ok(reader) = core.reader(host.id()) else {
        return all;
    };
    match tokio::time::timeout(patience, reader.info()).await {
        Ok(Ok(info)) => {
            let old = old_engine(&info.version);
            all.push(finding(
                "version",
                if old {
                    Verdicts::Warning
                } else {
                    Verdicts::Good
                },
                format!("{} {}, API {}", info.product, info.version, info.api),
                old.then(|| "this release gets no security fixes any more; upgrade".to_owned()),
            ));
            if let Some(theirs) = info.system_time {
                all.push(skew(host, theirs, now));
            }
            for warning in &info.warnings {
                all.push(finding(
                    "engine",
                    Verdicts::Warning,
                    warning.to_string(),
                    None,
                ));
            }
        }
        Ok(Err(e)) => all.push(finding(
            "version",
            Verdicts::Bad,
            e.chain(),
            Some(advice(&e, host)),
        )),
        Err(_) => all.push(finding(
            "version",
            Verdicts::Bad,
            format!("no answer within {}", human::span(patience)),
            Some("the engine is busy or its disk is slow; try --timeout 1m".to_owned()),
        )),
    }
    all.push(disk(&reader, host, patience).await);
    all
}

/// What may be seen and done there.
fn permissions(host: &HostShard) -> Vec<Finding> {
    let finding = |verdict, found, advice| Finding {
        host: host.id().clone(),
        check: "permission",
        verdict,
        found,
        advice,
        unreachable: false,
    };
    if host.gaps.is_empty() {
        let found = if host.facts.read_only {
            "sees everything; changes nothing: read_only is set"
        } else {
            "sees everything"
        };
        return vec![finding(Verdicts::Good, found.to_owned(), None)];
    }
    let gaps = host.gaps.iter().map(|(kind, error)| {
        let found = format!("{}: {}", kind.plural(), error.chain());
        finding(Verdicts::Warning, found, Some(advice(error, host)))
    });
    gaps.collect()
}

fn skew(host: &HostShard, theirs: DateTime<Utc>, now: DateTime<Utc>) -> Finding {
    let off = (theirs - now).num_seconds();
    let bad = off.abs() > SKEW;
    Finding {
        host: host.id().clone(),
        check: "clock",
        verdict: if bad {
            Verdicts::Warning
        } else {
            Verdicts::Good
        },
        found: match off {
            0 => "agrees with ours".to_owned(),
            off if off > 0 => format!("{off}s ahead of ours"),
            off => format!("{}s behind ours", -off),
        },
        advice: bad
            .then(|| "set its clock (timedatectl set-ntp true); logs are merged by it".into()),
        unreachable: false,
    }
}

async fn disk(
    reader: &crate::reconcile::Reader,
    host: &HostShard,
    patience: std::time::Duration,
) -> Finding {
    let (verdict, found, advice) = match tokio::time::timeout(patience, reader.disk_use()).await {
        Ok(Ok(d)) => {
            let dangling = host.images.iter().filter(|i| i.tags.is_empty()).count();
            let found = format!(
                "{}: images {}, containers {}, volumes {}, build cache {}",
                human::bytes(d.total()),
                human::bytes(d.images),
                human::bytes(d.containers),
                human::bytes(d.volumes),
                human::bytes(d.build_cache)
            );
            let advice = (dangling > 20).then(|| {
                format!(
                    "{dangling} untagged images: pilothouse prune images --host {}",
                    host.id()
                )
            });
            let verdict = if advice.is_some() {
                Verdicts::Warning
            } else {
                Verdicts::Good
            };
            (verdict, found, advice)
        }
        Ok(Err(e)) => (Verdicts::Warning, e.chain(), e.hint().map(str::to_owned)),
        Err(_) => (
            Verdicts::Warning,
            format!("not measured within {}", human::span(patience)),
            Some("large hosts need longer: --timeout 1m".to_owned()),
        ),
    };
    Finding {
        host: host.id().clone(),
        check: "disk",
        verdict,
        found,
        advice,
        unreachable: false,
    }
}

/// Engines before 25 are out of support everywhere.
fn old_engine(version: &str) -> bool {
    let major = version
        .split('.')
        .next()
        .and_then(|m| m.parse::<u32>().ok());
    major.is_some_and(|m| (17..25).contains(&m))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_grow_old() {
        assert!(old_engine("20.10.24"));
        assert!(old_engine("24.0.9"));
        assert!(!old_engine("28.5.2"));
        // Podman counts otherwise.
        assert!(!old_engine("5.4.0"));
        assert!(!old_engine(""));
    }

    #[test]
    fn clocks_may_differ_a_little() {
        let host = &crate::cli::view::tests::fleet().hosts[0];
        let now = crate::cli::view::tests::now();
        let at = |s: i64| skew(host, now + chrono::TimeDelta::seconds(s), now);
        assert_eq!(at(0).verdict, Verdicts::Good);
        assert_eq!(at(-3).found, "3s behind ours");
        assert_eq!(at(61).verdict, Verdicts::Warning);
        assert_eq!(at(61).found, "61s ahead of ours");
    }
}
