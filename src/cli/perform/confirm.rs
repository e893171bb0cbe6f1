//! Answers what guardrails demand: from the options, or by asking on a terminal.

use crate::cli::Context;
use crate::cli::args::change::Change;
use crate::cli::exit::Stop;
use crate::cli::plan;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::guardrail::{Answer, Demand};
use crate::reconcile::Preview;

/// An answer for each preview; refused when there is none.
pub(crate) async fn answer(
    ctx: &mut Context,
    previews: &[Preview],
    change: &Change,
) -> Result<Vec<Answer>, Stop> {
    let given = match (&change.confirm, change.yes) {
        (Some(text), _) => Answer::Typed(text.clone()),
        (None, true) => Answer::Yes,
        (None, false) => Answer::None,
    };
    let open: Vec<&Preview> = previews
        .iter()
        .filter(|p| !answers(&p.demand, &given))
        .collect();
    if open.is_empty() {
        return Ok(vec![given; previews.len()]);
    }
    let terminals = ctx.out.terminals();
    if !(terminals.stdin && terminals.stderr) {
        return Err(refusal(ctx, &open).into());
    }
    let now = ctx.now();
    for preview in &open {
        for line in plan::lines(&preview.plan, now) {
            ctx.out.say(&line);
        }
        for reason in reasons(&preview.demand) {
            ctx.out.warn(reason);
        }
    }
    let mut answers_given = Vec::new();
    let mut said_yes = false;
    for preview in previews {
        if answers(&preview.demand, &given) {
            answers_given.push(given.clone());
            continue;
        }
        let answer = match &preview.demand {
            Demand::Type { text, what, .. } => {
                ctx.out.ask(&format!("Type {what} ({text}) to go on: "));
                Answer::Typed(read_line(ctx).await?)
            }
            // One yes is for everything that was shown.
            _ if said_yes => Answer::Yes,
            _ => {
                ctx.out.ask("Do this? [y/N] ");
                let yes = matches!(
                    read_line(ctx).await?.trim().to_lowercase().as_str(),
                    "y" | "yes"
                );
                said_yes = yes;
                if yes { Answer::Yes } else { Answer::None }
            }
        };
        if !answers(&preview.demand, &answer) {
            return Err(
                Error::new(ErrorKind::Refused, "not confirmed: nothing was changed").into(),
            );
        }
        answers_given.push(answer);
    }
    Ok(answers_given)
}

fn answers(demand: &Demand, answer: &Answer) -> bool {
    match (demand, answer) {
        (Demand::Nothing, _) | (Demand::Yes { .. }, Answer::Yes | Answer::Typed(_)) => true,
        (Demand::Type { text, .. }, Answer::Typed(typed)) => text == typed.trim(),
        (Demand::Yes { .. } | Demand::Type { .. }, _) => false,
    }
}

fn reasons(demand: &Demand) -> &[String] {
    match demand {
        Demand::Nothing => &[],
        Demand::Yes { reasons } | Demand::Type { reasons, .. } => reasons,
    }
}

/// Without a terminal: what would be done, and what to say for it.
fn refusal(ctx: &mut Context, open: &[&Preview]) -> Error {
    let now = ctx.now();
    for preview in open {
        for line in plan::lines(&preview.plan, now) {
            ctx.out.say(&line);
        }
    }
    let because = |demand: &Demand| match reasons(demand) {
        [] => String::new(),
        reasons => format!(" ({})", reasons.join("; ")),
    };
    let typed = open.iter().find_map(|p| match &p.demand {
        Demand::Type { text, what, .. } => Some((text, what, because(&p.demand))),
        Demand::Nothing | Demand::Yes { .. } => None,
    });
    if let Some((text, what, because)) = typed {
        return Error::new(
            ErrorKind::Refused,
            format!("a guardrail wants {what} typed{because}"),
        )
        .with_hint(format!("--confirm {text:?}"));
    }
    let because = open.first().map(|p| because(&p.demand)).unwrap_or_default();
    Error::new(
        ErrorKind::Refused,
        format!("this needs a yes, and there is no terminal to ask on{because}"),
    )
    .with_hint("say --yes, or look first with --dry-run")
}

/// A line from the terminal; a signal ends the program.
async fn read_line(ctx: &mut Context) -> Result<String, Stop> {
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    tokio::select! {
        line = read => match line {
            Ok(Ok(line)) => Ok(line),
            Ok(Err(e)) => Err(Error::internal("read the answer").with_source(e).into()),
            Err(e) => Err(Error::internal("read the answer").with_source(e).into()),
        },
        exit = ctx.signals.next() => Err(Stop::Exit(exit)),
    }
}
