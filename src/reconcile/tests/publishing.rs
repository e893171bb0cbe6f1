//! The hub: at once when it is quiet, at most every 33 ms under load.

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::super::hub::{Hub, HubMessage};
use super::*;
use crate::domain::plan::Plan;

const PAUSE: Duration = Duration::from_millis(33);

struct Bench {
    tell: mpsc::Sender<HubMessage>,
    seen: watch::Receiver<Arc<Snapshot>>,
}

fn bench(keep: usize) -> Bench {
    let (tell, inbox) = mpsc::channel(256);
    let (out, seen) = watch::channel(Arc::new(fleet(vec![live("a"), live("b")])));
    let hub = Hub {
        inbox,
        out,
        pause: PAUSE,
        keep,
    };
    tokio::spawn(hub.run());
    Bench { tell, seen }
}

impl Bench {
    async fn shard(&self, host: &str, rev: u64) {
        let mut shard = live(host);
        shard.rev = rev;
        self.tell
            .send(HubMessage::Shard(Arc::new(shard)))
            .await
            .unwrap();
    }

    async fn operation(&self, id: u64, outcome: Outcome) {
        let plan = Plan {
            title: String::new(),
            verb: String::new(),
            steps: Vec::new(),
            unchanged: Vec::new(),
            notes: Vec::new(),
        };
        let mut op = Operation::new(OpId(id), &plan, actor(), Origin::Cli, epoch());
        op.outcome = outcome;
        self.tell
            .send(HubMessage::Operation(Arc::new(op)))
            .await
            .unwrap();
    }

    fn revs(&self) -> (u64, u64) {
        let s = self.seen.borrow();
        (s.hosts[0].rev, s.hosts[1].rev)
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_quiet_time_it_is_shown_at_once() {
    let mut bench = bench(10);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = Instant::now();
    bench.shard("a", 1).await;
    bench.seen.changed().await.unwrap();
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(bench.revs(), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn under_load_snapshots_are_few_and_the_last_word_counts() {
    let mut bench = bench(10);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let seconds = 2;
    let mut published = 0;
    for n in 1..=seconds * 1000 {
        bench.shard("a", n).await;
        bench.shard("b", n).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
        if bench.seen.has_changed().unwrap() {
            bench.seen.mark_unchanged();
            published += 1;
        }
    }
    tokio::time::sleep(PAUSE).await;
    assert_eq!(bench.revs(), (seconds * 1000, seconds * 1000));
    let limit = 4 + seconds * 1000 / 33 + 1;
    assert!(
        published <= limit && published > limit / 2,
        "{published} of {limit}"
    );
}

#[tokio::test(start_paused = true)]
async fn no_snapshot_follows_another_too_soon_after_the_burst() {
    let mut bench = bench(10);
    let mut times = Vec::new();
    for n in 1..100 {
        bench.shard("a", n).await;
        tokio::time::sleep(Duration::from_millis(7)).await;
        if bench.seen.has_changed().unwrap() {
            bench.seen.mark_unchanged();
            times.push(Instant::now());
        }
    }
    let gaps: Vec<Duration> = times.windows(2).map(|w| w[1] - w[0]).collect();
    // Seen on a grid of 7 ms.
    let late = gaps
        .iter()
        .skip(6)
        .filter(|g| **g + Duration::from_millis(7) < PAUSE);
    assert_eq!(late.count(), 0, "{gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn the_oldest_finished_operations_go() {
    let bench = bench(2);
    bench.operation(1, Outcome::Running).await;
    for id in 2..7 {
        bench.operation(id, Outcome::Succeeded).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let ids: Vec<u64> = bench
        .seen
        .borrow()
        .operations
        .iter()
        .map(|o| o.id.0)
        .collect();
    assert_eq!(ids, [1, 5, 6]);
    bench.operation(1, Outcome::Failed).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let all: Vec<(u64, Outcome)> = bench
        .seen
        .borrow()
        .operations
        .iter()
        .map(|o| (o.id.0, o.outcome))
        .collect();
    assert_eq!(all, [(5, Outcome::Succeeded), (6, Outcome::Succeeded)]);
}

#[tokio::test(start_paused = true)]
async fn a_hub_without_senders_ends() {
    let Bench { tell, mut seen } = bench(1);
    drop(tell);
    assert!(seen.changed().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_is_not_shown_any_more_is_found_in_the_journal() {
    let rig = rig_with([web()], |s| s.operations = 0).ready().await;
    let op = rig.run(stop(&["web"])).await;
    assert_eq!(op.outcome, Outcome::Succeeded);
}
