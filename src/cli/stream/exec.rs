//! `exec`: a command in a running container.

use super::terminal;
use crate::cli::Context;
use crate::cli::args::stream::{Confirm, Exec};
use crate::cli::args::values::first_and_rest;
use crate::cli::exit::{Exit, Stop, Verdict};
use crate::cli::pick::pick_one;
use crate::cli::spec::environment;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::guardrail::Answer;
use crate::domain::id::Kind;
use crate::domain::intent::Origin;
use crate::domain::port::ExecSpec;
use crate::reconcile::CoreHandle;

/// The best shell there is.
const SHELL: [&str; 3] = [
    "sh",
    "-c",
    "command -v bash >/dev/null 2>&1 && exec bash || exec sh",
];

pub(in crate::cli) async fn exec(core: &CoreHandle, ctx: &mut Context, args: Exec) -> Verdict {
    let (name, command) = first_and_rest(&args.words);
    let env = environment(&args.env, &args.env_file, &ctx.env)?;
    let target = pick_one(core, ctx, name, &[Kind::Container]).await?;
    let terminals = ctx.out.terminals();
    let both = terminals.stdin && terminals.stdout;
    let shell = command.is_empty();
    // Without a command it is for a person.
    let (stdin, tty) = if shell {
        (true, both)
    } else {
        (args.interactive, args.tty)
    };
    if tty && stdin && !terminals.stdin {
        return Err(
            Error::invalid("--tty with --interactive needs a terminal on stdin")
                .with_hint("leave out -t")
                .into(),
        );
    }
    let spec = ExecSpec {
        command: if shell {
            SHELL.map(str::to_owned).to_vec()
        } else {
            command.to_vec()
        },
        tty,
        stdin,
        detach: args.detach,
        user: args.user,
        working_dir: args.workdir,
        env,
        privileged: args.privileged,
        size: tty.then(terminal::size).flatten(),
    };
    let answer = answer(&args.answer);
    let session = core
        .exec(
            &target.object,
            &spec,
            &answer,
            ctx.actor.clone(),
            Origin::Cli,
        )
        .await;
    let session = match session {
        Ok(session) => session,
        Err(e) => return refused(ctx, e),
    };
    if spec.detach {
        return Ok(Exit::Done);
    }
    let control = super::talk(ctx, session, stdin).await?;
    let code = control
        .exit_code()
        .await
        .map_err(|e| e.context(format!("read the exit code of exec in {}", target.object)))?;
    Ok(passed(code))
}

/// The code of a command as ours.
pub(in crate::cli) fn passed(code: i64) -> Exit {
    match code {
        0 => Exit::Done,
        code => Exit::Passed((code & 0xff) as u8),
    }
}

pub(super) fn answer(args: &Confirm) -> Answer {
    match (&args.confirm, args.yes) {
        (Some(text), _) => Answer::Typed(text.clone()),
        (None, true) => Answer::Yes,
        (None, false) => Answer::None,
    }
}

/// What the engine refused to run: 126 and 127 as a shell says it, 125 for everything else that is
/// the engine's own. Hosts and guardrails keep their codes.
pub(in crate::cli) fn refused(ctx: &mut Context, e: Error) -> Verdict {
    if matches!(
        e.kind(),
        ErrorKind::Unreachable
            | ErrorKind::Denied
            | ErrorKind::Refused
            | ErrorKind::TimedOut
            | ErrorKind::Cancelled
    ) {
        return Err(e.into());
    }
    ctx.out.error(&e);
    Err(Stop::Exit(Exit::Passed(start_code(&e.chain()))))
}

pub(in crate::cli) fn start_code(words: &str) -> u8 {
    let words = words.to_lowercase();
    if words.contains("executable file not found") || words.contains("no such file or directory") {
        127
    } else if words.contains("permission denied") || words.contains("is a directory") {
        126
    } else {
        125
    }
}
