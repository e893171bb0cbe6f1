//! `attach`: the first process of a container.

use super::exec::{answer, passed};
use crate::cli::Context;
use crate::cli::args::stream::Attach;
use crate::cli::exit::{Exit, Verdict};
use crate::cli::pick::pick_one;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::id::Kind;
use crate::domain::intent::Origin;
use crate::domain::port::AttachSpec;
use crate::reconcile::CoreHandle;

pub(in crate::cli) async fn attach(core: &CoreHandle, ctx: &mut Context, args: Attach) -> Verdict {
    let target = pick_one(core, ctx, &args.target, &[Kind::Container]).await?;
    let reader = core.reader(&target.object.host)?;
    let before = reader.container(target.object.id.as_str()).await?;
    if !before.state.is_up() {
        return Err(Error::new(
            ErrorKind::Conflict,
            format!("{} does not run: it is {}", target.object, before.state),
        )
        .with_hint(format!("pilothouse start {}", target.object))
        .into());
    }
    let spec = AttachSpec {
        stdin: !args.no_stdin,
        logs: args.logs,
    };
    let answer = answer(&args.answer);
    let session = core
        .attach(
            &target.object,
            &spec,
            &answer,
            ctx.actor.clone(),
            Origin::Cli,
        )
        .await?;
    super::talk(ctx, session, spec.stdin).await?;
    // The output ends when the container does, and when somebody detaches with Ctrl-P Ctrl-Q.
    let after = reader.container(target.object.id.as_str()).await;
    Ok(match after {
        Ok(c) if c.state.is_up() => Exit::Done,
        Ok(c) => c.exit_code.map_or(Exit::Done, passed),
        Err(e) if e.kind() == ErrorKind::NotFound => Exit::Done,
        Err(e) => return Err(e.into()),
    })
}
