//! One function a verb.

mod change;
mod create;
mod doctor;
mod explain;
mod filter;
mod foreground;
mod history;
mod inspect;
mod list;
mod specify;

use super::Context;
use super::args::Verb;
use super::args::change::Network;
use super::exit::Verdict;
use super::stream;
use crate::reconcile::CoreHandle;

/// Does the verb decide itself what a signal means? Others just end.
pub(super) fn minds_signals(verb: &Verb) -> bool {
    verb.changes() && !matches!(verb, Verb::Exec(_) | Verb::Attach(_) | Verb::Cp(_))
}

pub(super) async fn run(verb: Verb, core: &CoreHandle, ctx: &mut Context) -> Verdict {
    match verb {
        Verb::Ps(args) => list::ps(core, ctx, args).await,
        Verb::Ls(args) => list::ls(core, ctx, args).await,
        Verb::Inspect(args) => inspect::inspect(core, ctx, args).await,
        Verb::Explain(args) => explain::explain(core, ctx, args).await,
        Verb::History(args) => history::history(core, ctx, args).await,
        Verb::Doctor(_) => doctor::doctor(core, ctx).await,
        Verb::Start(args) => change::start(core, ctx, args).await,
        Verb::Stop(args) => change::stop(core, ctx, args).await,
        Verb::Restart(args) => change::restart(core, ctx, args).await,
        Verb::Kill(args) => change::kill(core, ctx, args).await,
        Verb::Pause(args) => change::pause(core, ctx, args).await,
        Verb::Unpause(args) => change::unpause(core, ctx, args).await,
        Verb::Rm(args) => change::rm(core, ctx, args).await,
        Verb::Rename(args) => change::rename(core, ctx, args).await,
        Verb::Update(args) => specify::update(core, ctx, *args).await,
        Verb::Duplicate(args) => specify::duplicate(core, ctx, *args).await,
        Verb::Restore(args) => specify::restore(core, ctx, *args).await,
        Verb::Tag(args) => change::tag(core, ctx, args).await,
        Verb::Pull(args) => create::pull(core, ctx, args).await,
        Verb::Prune(args) => change::prune(core, ctx, args).await,
        Verb::Create(args) => create::create(core, ctx, args).await,
        Verb::Run(args) => create::run(core, ctx, *args).await,
        Verb::Network(Network::Connect(args)) | Verb::Connect(args) => {
            change::connect(core, ctx, args).await
        }
        Verb::Network(Network::Disconnect(args)) | Verb::Disconnect(args) => {
            change::disconnect(core, ctx, args).await
        }
        Verb::Logs(args) => stream::logs::logs(core, ctx, args).await,
        Verb::Stats(args) => stream::stats::stats(core, ctx, args).await,
        Verb::Top(args) => stream::top::top(core, ctx, args).await,
        Verb::Events(args) => stream::events::events(core, ctx, args).await,
        Verb::Exec(args) => stream::exec::exec(core, ctx, args).await,
        Verb::Attach(args) => stream::attach::attach(core, ctx, args).await,
        Verb::Cp(args) => stream::cp::cp(core, ctx, args).await,
        Verb::Wait(args) => stream::wait::wait(core, ctx, args).await,
    }
}
