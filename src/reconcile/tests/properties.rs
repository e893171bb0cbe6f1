//! What holds whatever is there, whatever is asked, and whatever goes wrong on the way.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::fake::{Fault, World};
use super::*;
use crate::domain::event::EngineEvent;
use crate::domain::id::{ObjectId, ObjectRef};
use crate::domain::observed::Container;
use crate::domain::plan::{Goal, plan};

fn paused<F: Future>(test: impl FnOnce() -> F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(test())
}

/// Repeat what was asked as a person would: at most three times.
async fn repeated(rig: &Rig, intent: &Intent) -> Result<(), String> {
    for _ in 0..3 {
        let core = rig.handle();
        let Ok(preview) = core.preview(intent.clone()) else {
            return Ok(());
        };
        if preview.plan.is_empty() {
            return Ok(());
        }
        let answer = Answer::Yes;
        let id = core
            .submit(preview, &answer, actor(), Origin::Cli)
            .await
            .map_err(|e| e.chain())?;
        let op = rig.ended(id).await;
        if op.outcome.is_good() {
            return Ok(());
        }
    }
    Err("not done after three rounds".into())
}

/// States that an engine leaves by itself, or that a call cannot leave, are not for these tests.
fn calm(mut shard: HostShard) -> HostShard {
    shard.link = live("x").link;
    let list: Vec<Container> = shard
        .containers
        .iter()
        .map(|c| {
            let mut c = Container::clone(c);
            if matches!(
                c.state,
                State::Removing
                    | State::Stopping
                    | State::Dead
                    | State::Unknown
                    | State::Restarting
            ) {
                c.state = State::Running;
            }
            c
        })
        .collect();
    shard.with_containers(list)
}

fn ends_in_a_state(intent: &Intent) -> bool {
    match intent {
        Intent::Restart { .. } | Intent::Pull { .. } | Intent::CreateContainer { .. } => false,
        Intent::Kill { signal, .. } => signal == "KILL",
        _ => true,
    }
}

const FAULTS: [Fault; 6] = [
    Fault::Fail(ErrorKind::Transient),
    Fault::Fail(ErrorKind::Unreachable),
    Fault::Fail(ErrorKind::TimedOut),
    Fault::Lost(ErrorKind::Unreachable),
    Fault::Lost(ErrorKind::Transient),
    Fault::Slow(Duration::from_secs(3)),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_asked_is_reached_whatever_goes_wrong_once(
        shard in any_host("a"),
        wish in any_wish(),
        faults in prop::collection::vec(
            (select(&["run", "inspect", "run stop", "run remove", "image"][..]),
             select(&FAULTS[..])), 0..4),
    ) {
        let done = paused(|| async move {
            let rig = rig([calm(shard)]).ready().await;
            let Some(intent) = wish.intent(&rig.handle().snapshot()) else { return Ok(()) };
            if !ends_in_a_state(&intent) || plan(&intent, &rig.handle().snapshot()).is_err() {
                return Ok(());
            }
            // What the model refuses for good is not a fault on the way.
            let feasible = {
                let other = rig_of(&rig);
                let other = other.ready().await;
                other.run(intent.clone()).await.outcome.is_good()
            };
            if !feasible {
                return Ok(());
            }
            for (call, fault) in faults {
                rig.engine().fault(call, fault);
            }
            repeated(&rig, &intent).await.map_err(|e| format!("{}: {e}", intent.summary()))?;
            // Idempotence: on the picture it left, the same asks for nothing.
            match plan(&intent, &rig.handle().snapshot()) {
                Ok(again) if !again.is_empty() => Err(format!("{again}")),
                _ => Ok(()),
            }
        });
        prop_assert!(done.is_ok(), "{}", done.unwrap_err());
    }

    #[test]
    fn no_step_begins_before_what_it_waits_for(
        shard in any_host("a"),
        wish in any_wish(),
        delays in prop::collection::vec(0..4000u64, 8),
        broken in prop::option::of(any::<Index>()),
    ) {
        let done = paused(|| async move {
            let rig = rig([calm(shard)]).ready().await;
            let snapshot = rig.handle().snapshot();
            let Some(intent) = wish.intent(&snapshot) else { return Ok(()) };
            let Ok(planned) = plan(&intent, &snapshot) else { return Ok(()) };
            for (step, delay) in planned.steps.iter().zip(delays) {
                let line = format!("run {} {}", step.action.verb(), step.target.label());
                rig.engine().fault(&line, Fault::Slow(Duration::from_millis(delay)));
            }
            if let (Some(broken), false) = (broken, planned.is_empty()) {
                let step = broken.get(&planned.steps);
                let line = format!("run {} {}", step.action.verb(), step.target.label());
                rig.engine().fault(&line, Fault::Fail(ErrorKind::Internal));
            }
            let op = rig.run(intent).await;
            for step in &planned.steps {
                let state = &op.steps[step.id];
                for before in &step.after {
                    let before = &op.steps[*before];
                    if state.started.is_some() {
                        if !before.outcome.is_good() {
                            return Err(format!("{} began in spite of {before:?}", step.id));
                        }
                        if before.finished > state.started {
                            return Err(format!("{} began before {} ended", step.id, before.id));
                        }
                    }
                }
                if !state.outcome.is_final() {
                    return Err(format!("{state:?}"));
                }
            }
            Ok(())
        });
        prop_assert!(done.is_ok(), "{}", done.unwrap_err());
    }

    #[test]
    fn only_what_the_plan_names_is_changed(shard in any_host("a"), wish in any_wish()) {
        let done = paused(|| async move {
            let rig = rig([calm(shard)]).ready().await;
            let snapshot = rig.handle().snapshot();
            let Some(intent) = wish.intent(&snapshot) else { return Ok(()) };
            let Ok(planned) = plan(&intent, &snapshot) else { return Ok(()) };
            rig.run(intent).await;
            let victims: BTreeSet<&ObjectRef> = planned
                .steps
                .iter()
                .filter(|s| s.goal == Goal::Absent || matches!(s.goal, Goal::Tagged { present: false, .. }))
                .map(|s| &s.target)
                .collect();
            let takes_volumes = planned.steps.iter().any(|s| {
                matches!(s.action, crate::domain::plan::Action::RemoveContainer { volumes: true, .. })
            });
            let left = rig.handle().snapshot();
            for kind in [Kind::Container, Kind::Image, Kind::Network, Kind::Volume] {
                let there: BTreeSet<ObjectRef> = left.hosts[0].refs(kind).into_iter().collect();
                for o in snapshot.hosts[0].refs(kind) {
                    let anonymous = kind == Kind::Volume && takes_volumes && o.name.len() == 64;
                    if !there.contains(&o) && !victims.contains(&o) && !anonymous {
                        return Err(format!("{o:?} is gone"));
                    }
                }
            }
            Ok(())
        });
        prop_assert!(done.is_ok(), "{}", done.unwrap_err());
    }
}

fn rig_of(other: &Rig) -> Rig {
    let snapshot = other.handle().snapshot();
    rig([HostShard::clone(&snapshot.hosts[0])])
}

/// What happens to an engine while it is watched.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Put(usize, State),
    End(usize),
    Start(usize),
    Gone(usize),
    Rename(usize, usize),
    /// Deliver what was held back: shuffled, some twice, some never.
    Deliver {
        reverse: bool,
        twice: bool,
        lose: bool,
    },
    /// The stream ends.
    Cut,
    /// Read everything anew.
    Resync,
    Lag(bool),
    Wait(u64),
}

fn happening() -> impl Strategy<Value = Happening> {
    let some = 0..5usize;
    let states = [State::Running, State::Exited, State::Paused, State::Created];
    prop_oneof![
        4 => (some.clone(), select(states.to_vec())).prop_map(|(n, s)| Happening::Put(n, s)),
        3 => some.clone().prop_map(Happening::End),
        3 => some.clone().prop_map(Happening::Start),
        3 => some.clone().prop_map(Happening::Gone),
        1 => (some.clone(), some).prop_map(|(a, b)| Happening::Rename(a, b)),
        4 => any::<(bool, bool, bool)>().prop_map(|(reverse, twice, lose)| Happening::Deliver { reverse, twice, lose }),
        1 => Just(Happening::Cut),
        1 => Just(Happening::Resync),
        1 => any::<bool>().prop_map(Happening::Lag),
        4 => (0..400u64).prop_map(Happening::Wait),
    ]
}

fn name(n: usize) -> String {
    format!("c{}", n + 1)
}

/// As a list shows them, without what only an inspect tells.
fn seen(mut list: Vec<Container>) -> Vec<(String, String, State, Option<i64>)> {
    list.sort_by(|a, b| a.id.cmp(&b.id));
    let row = |c: Container| (c.id.to_string(), c.name.to_string(), c.state, c.exit_code);
    list.into_iter().map(row).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_picture_ends_equal_to_the_engine(happenings in prop::collection::vec(happening(), 1..40)) {
        let (shown, true_list) = paused(|| async move {
            let shard = live("h").with_containers((0..3).map(|n| container(&name(n), State::Running)));
            let rig = rig([shard]).ready().await;
            rig.engine().hold();
            let mut lost = false;
            for h in happenings {
                lost |= apply(&rig, h).await;
            }
            rig.engine().lists_lag(false);
            let rest = rig.engine().held();
            for event in rest {
                rig.engine().deliver(event);
            }
            // A gap is closed by the next list.
            let patience = if lost { Settings::default().resync } else { Duration::ZERO };
            tokio::time::sleep(patience + Duration::from_secs(90)).await;
            let shown = rig.handle().snapshot().hosts[0].containers.iter().map(|c| Container::clone(c)).collect();
            let list = rig.engine().see(|w| w.containers.values().cloned().collect());
            (seen(shown), seen(list))
        });
        prop_assert_eq!(shown, true_list);
    }
}

/// The container that has the name now, or had it before it was renamed.
fn current(w: &World, n: usize) -> Option<ObjectId> {
    let begin = cid(&name(n)).as_str().trim_end_matches('0').to_owned();
    let mut ids = w.containers.keys();
    ids.find(|id| id.as_str().starts_with(&begin)).cloned()
}

fn on_current(rig: &Rig, n: usize, change: impl FnOnce(&mut World, &ObjectId)) {
    rig.engine().change(|w| {
        if let Some(id) = current(w, n) {
            change(w, &id);
        }
    });
}

/// Let it happen; true if listeners may have missed something.
async fn apply(rig: &Rig, h: Happening) -> bool {
    let engine = rig.engine();
    match h {
        Happening::Put(n, state) => engine.change(|w| {
            let mut c = container(&name(n), state);
            // An id is never used again.
            c.id = current(w, n).unwrap_or_else(|| w.fresh(&name(n)));
            w.put(c);
        }),
        Happening::End(n) => on_current(rig, n, |w, id| w.end(id, 3)),
        Happening::Start(n) => on_current(rig, n, |w, id| {
            let _ = w.start(id);
        }),
        Happening::Gone(n) => on_current(rig, n, |w, id| w.gone(id, false)),
        Happening::Rename(a, b) => on_current(rig, a, |w, id| {
            let _ = w.rename(id, &format!("renamed-{b}"));
        }),
        Happening::Deliver {
            reverse,
            twice,
            lose,
        } => {
            let mut events: Vec<EngineEvent> = engine.held();
            if reverse {
                events.reverse();
            }
            let lost = lose && events.pop().is_some();
            if twice {
                events.extend(events.clone());
            }
            for e in events {
                engine.deliver(e);
            }
            return lost;
        }
        Happening::Cut => {
            engine.held();
            engine.cut();
            // Back within the first wait, or at once.
            return true;
        }
        Happening::Resync => {
            let _ = rig.handle().refresh(&HostId::new("h"));
        }
        Happening::Lag(lag) => {
            engine.lists_lag(lag);
            return true;
        }
        Happening::Wait(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
    }
    false
}
