//! What holds of every plan, whatever is there and whatever is asked.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::Index;

use super::super::super::guardrail::{self, Answer, Demand, Policy};
use super::super::super::snapshot::HostShard;
use super::*;

fn shuffle<T>(list: &mut [T], order: &[Index]) {
    for (n, index) in order.iter().enumerate().take(list.len()) {
        let other = index.index(list.len());
        list.swap(n, other);
    }
}

fn shuffled_host(host: &HostShard, order: &[Index]) -> HostShard {
    let mut host = host.clone();
    shuffle(Arc::make_mut(&mut host.containers).as_mut_slice(), order);
    shuffle(Arc::make_mut(&mut host.images).as_mut_slice(), order);
    shuffle(Arc::make_mut(&mut host.volumes).as_mut_slice(), order);
    shuffle(Arc::make_mut(&mut host.networks).as_mut_slice(), order);
    host
}

fn shuffled_intent(intent: &Intent, order: &[Index]) -> Intent {
    let mut intent = intent.clone();
    match &mut intent {
        Intent::Start { targets }
        | Intent::Stop { targets, .. }
        | Intent::Restart { targets, .. }
        | Intent::Kill { targets, .. }
        | Intent::Pause { targets }
        | Intent::Unpause { targets }
        | Intent::Remove { targets, .. } => shuffle(targets, order),
        Intent::Prune { hosts, prune } => {
            shuffle(hosts, order);
            shuffle(&mut prune.kinds, order);
        }
        Intent::Rename { .. }
        | Intent::CreateContainer { .. }
        | Intent::CreateVolume { .. }
        | Intent::CreateNetwork { .. }
        | Intent::Connect { .. }
        | Intent::Disconnect { .. }
        | Intent::Pull { .. }
        | Intent::Update { .. }
        | Intent::Tag { .. } => {}
    }
    intent
}

/// What a project of that name may cost: what bears its label.
fn is_of_project(host: &HostShard, project: &str, object: &ObjectRef) -> bool {
    let labels = super::super::super::selector::labels_of(host, object);
    let label = super::super::super::observed::PROJECT_LABEL;
    labels.is_some_and(|l| l.get(label).is_some_and(|p| **p == *project))
}

proptest! {
    #[test]
    fn the_order_of_the_input_does_not_matter(
        fleet in any_fleet(),
        wish in any_wish(),
        order in prop::collection::vec(any::<Index>(), 8),
    ) {
        let Some(intent) = wish.intent(&fleet) else { return Ok(()) };
        let hosts = fleet.hosts.iter().map(|h| shuffled_host(h, &order)).collect();
        let other = super::fleet(hosts);
        prop_assert_eq!(
            show(shuffled_intent(&intent, &order), &other),
            show(intent, &fleet)
        );
    }

    #[test]
    fn every_step_comes_after_what_it_waits_for(fleet in any_fleet(), wish in any_wish()) {
        let Some(Ok(plan)) = wish.intent(&fleet).map(|i| plan(&i, &fleet)) else { return Ok(()) };
        for step in &plan.steps {
            prop_assert!(step.after.iter().chain(&step.made_by).all(|a| *a < step.id));
            let once: BTreeSet<&usize> = step.after.iter().collect();
            prop_assert_eq!(once.len(), step.after.len());
            prop_assert!(!step.cause.is_empty());
        }
        prop_assert!(plan.check().is_ok());
    }

    #[test]
    fn nothing_is_destroyed_without_a_yes(fleet in any_fleet(), wish in any_wish()) {
        let Some(Ok(plan)) = wish.intent(&fleet).map(|i| plan(&i, &fleet)) else { return Ok(()) };
        let demand = guardrail::judge(&plan, &Policy::default(), &fleet).unwrap();
        let asked = !matches!(demand, Demand::Nothing);
        prop_assert_eq!(asked, plan.victims().next().is_some());
        // A forged demand does not help either: `Confirmed` cannot be had otherwise.
        for demand in [demand, Demand::Nothing] {
            let confirmed = guardrail::confirm(plan.clone(), &demand, &Answer::None);
            prop_assert_eq!(confirmed.is_ok(), plan.victims().next().is_none());
        }
        let frozen = Policy { read_only: true, ..Policy::default() };
        prop_assert_eq!(guardrail::judge(&plan, &frozen, &fleet).is_ok(), plan.is_empty());
    }

    #[test]
    fn what_destroys_looks_again_and_is_never_the_engines(fleet in any_fleet(), wish in any_wish()) {
        let Some(Ok(plan)) = wish.intent(&fleet).map(|i| plan(&i, &fleet)) else { return Ok(()) };
        for step in plan.victims() {
            let host = fleet.host(&step.target.host).unwrap();
            prop_assert_eq!(step.precondition.created, host.created(&step.target));
            prop_assert!(host.network(&step.target.id).is_none_or(|n| !n.is_builtin()));
            prop_assert!(!step.target.id.as_str().is_empty());
        }
    }

    #[test]
    fn a_project_takes_nothing_that_is_not_its_own(
        fleet in any_fleet(),
        project in prop::sample::select(&["blog", "shop", ""][..]),
        force in any::<bool>(),
    ) {
        let intent = Intent::Remove {
            targets: vec![target("a", Kind::Project, project)],
            force,
            volumes: true,
        };
        let Ok(plan) = plan(&intent, &fleet) else { return Ok(()) };
        for step in &plan.steps {
            let host = fleet.host(&step.target.host).unwrap();
            prop_assert_eq!(host.id().as_str(), "a");
            prop_assert!(is_of_project(host, project, &step.target), "{}", step.target);
        }
    }

    #[test]
    fn a_prune_takes_nothing_that_is_in_use(fleet in any_fleet(), all in any::<bool>()) {
        let intent = Intent::Prune {
            hosts: vec!["a".into(), "b".into()],
            prune: super::super::super::intent::Prune {
                kinds: vec![Kind::Container, Kind::Image, Kind::Volume, Kind::Network],
                all,
                ..Default::default()
            },
        };
        let plan = plan(&intent, &fleet).unwrap();
        let gone: BTreeSet<&ObjectRef> = plan.steps.iter().map(|s| &s.target).collect();
        for step in &plan.steps {
            let host = fleet.host(&step.target.host).unwrap();
            let users: Vec<ObjectRef> = match step.target.kind {
                Kind::Container => {
                    prop_assert!(!host.container(&step.target.id).unwrap().state.is_up());
                    continue;
                }
                Kind::Volume => host.volume_users(step.target.id.as_str()).map(|c| host.container_ref(c)).collect(),
                Kind::Network => host.network_members(host.network(&step.target.id).unwrap()).map(|c| host.container_ref(c)).collect(),
                _ => host.image_users(host.image(&step.target.id).unwrap()).map(|c| host.container_ref(c)).collect(),
            };
            for user in users {
                prop_assert!(gone.contains(&user), "{user} uses {}", step.target);
            }
        }
    }

    #[test]
    fn an_old_picture_shows_of_nothing_that_it_is_done(wish in any_wish(), fleet in any_fleet()) {
        let Some(Ok(plan)) = wish.intent(&fleet).map(|i| plan(&i, &fleet)) else { return Ok(()) };
        for u in &plan.unchanged {
            prop_assert!(fleet.host(&u.target.host).unwrap().link.is_live(), "{}", u.target);
        }
    }
}
