//! The rows.

use super::{Arg, Command, Form, Scope, Value};
use crate::domain::id::Kind;
use crate::domain::plan::Danger;

/// Signals that the kill dialog and completion offer, the usual first.
pub const SIGNALS: &[&str] = &[
    "KILL", "TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "STOP", "CONT", "WINCH", "ABRT",
];

/// What runs: the kinds that start, stop and their like work on.
const RUNNABLE: &[Kind] = &[Kind::Container, Kind::Service, Kind::Project];
const REMOVABLE: &[Kind] = &[
    Kind::Container,
    Kind::Service,
    Kind::Project,
    Kind::Volume,
    Kind::Network,
    Kind::Image,
];
const CREATABLE: &[Kind] = &[Kind::Container, Kind::Volume, Kind::Network];
const PRUNABLE: &[Kind] = &[Kind::Container, Kind::Image, Kind::Volume, Kind::Network];
const CONTAINER: &[Kind] = &[Kind::Container];

const RUNNABLE_SCOPES: &[Scope] = &[
    Scope::Kind(Kind::Container),
    Scope::Kind(Kind::Service),
    Scope::Kind(Kind::Project),
];
/// Machines that a driver made can be started and stopped too.
const RUNNABLE_AND_MACHINES: &[Scope] = &[
    Scope::Kind(Kind::Container),
    Scope::Kind(Kind::Service),
    Scope::Kind(Kind::Project),
    Scope::Kind(Kind::Machine),
];
const CONTAINERS: &[Scope] = &[Scope::Kind(Kind::Container)];

const fn arg(name: &'static str, form: Form, value: Value, doc: &'static str) -> Arg {
    Arg {
        name,
        doc,
        form,
        value,
        required: false,
    }
}

const fn required(arg: Arg) -> Arg {
    Arg {
        required: true,
        ..arg
    }
}

const fn targets(kinds: &'static [Kind], doc: &'static str) -> Arg {
    required(arg("target", Form::Rest, Value::Object(kinds), doc))
}

const WHICH: &str = "which ones: NAME, HOST/NAME or a glob; without any: the selection";
const TIME: Arg = arg(
    "time",
    Form::Option(Some('t')),
    Value::Seconds,
    "seconds before it is killed; else its own stop timeout",
);
const PATTERN: Arg = arg(
    "pattern",
    Form::Positional,
    Value::Text,
    "text or a regular expression; else it is asked for",
);
const TIME_BACK: Arg = arg(
    "time",
    Form::Positional,
    Value::Text,
    "tail, 15m, 2h, 14:30, all, head; else it is asked for",
);
const MOMENT: Arg = arg(
    "time",
    Form::Positional,
    Value::Text,
    "14:30, -10m, RFC 3339; else it is asked for",
);
const FILE: Arg = arg(
    "file",
    Form::Positional,
    Value::Text,
    "a file that is not there yet; else it is asked for",
);
const ON_HOST: Arg = arg("host", Form::Option(None), Value::Host, "on which host");
const KIND: Arg = arg(
    "kind",
    Form::Option(None),
    Value::Kind(REMOVABLE),
    "what the names are names of; else containers",
);

/// A key of the console: moves, shows, chooses.
const fn ui(name: &'static str, scopes: &'static [Scope], doc: &'static str) -> Command {
    Command {
        name,
        aliases: &[],
        doc,
        args: &[],
        scopes,
        danger: Danger::Safe,
        changes: false,
        verb: None,
        palette: false,
    }
}

/// The same, worth finding in the palette.
const fn listed(name: &'static str, scopes: &'static [Scope], doc: &'static str) -> Command {
    Command {
        palette: true,
        ..ui(name, scopes, doc)
    }
}

/// What works in log views.
const fn of_logs(name: &'static str, args: &'static [Arg], doc: &'static str) -> Command {
    Command {
        args,
        ..listed(name, LOGS, doc)
    }
}

/// What reads one engine.
const fn reads(
    name: &'static str,
    verb: &'static str,
    scopes: &'static [Scope],
    args: &'static [Arg],
    doc: &'static str,
) -> Command {
    Command {
        args,
        verb: Some(verb),
        ..listed(name, scopes, doc)
    }
}

/// What changes the fleet.
const fn acts(
    name: &'static str,
    verb: &'static str,
    danger: Danger,
    scopes: &'static [Scope],
    args: &'static [Arg],
    doc: &'static str,
) -> Command {
    Command {
        danger,
        changes: true,
        ..reads(name, verb, scopes, args, doc)
    }
}

const fn alias(aliases: &'static [&'static str], command: Command) -> Command {
    Command { aliases, ..command }
}

const EVERYWHERE: &[Scope] = &[Scope::Global];
const TABLES: &[Scope] = &[Scope::Table];
const VIEWS: &[Scope] = &[Scope::View];
const SCROLLS: &[Scope] = &[Scope::Table, Scope::View, Scope::Confirm, Scope::Help];
const LOGS: &[Scope] = &[Scope::Logs];
const MARKS: &[Scope] = &[Scope::Table, Scope::Logs];
const PROMPT: &[Scope] = &[Scope::Prompt];
const ASKS: &[Scope] = &[Scope::Confirm];
const FORM: &[Scope] = &[Scope::Form];

/// Every command.
pub const TABLE: &[Command] = &[
    // What changes the fleet.
    acts(
        "start",
        "start",
        Danger::Safe,
        RUNNABLE_AND_MACHINES,
        &[targets(RUNNABLE, WHICH)],
        "start what does not run",
    ),
    acts(
        "stop",
        "stop",
        Danger::Disruptive,
        RUNNABLE_AND_MACHINES,
        &[TIME, targets(RUNNABLE, WHICH)],
        "stop what runs",
    ),
    acts(
        "restart",
        "restart",
        Danger::Disruptive,
        RUNNABLE_AND_MACHINES,
        &[TIME, targets(RUNNABLE, WHICH)],
        "stop and start again",
    ),
    acts(
        "kill",
        "kill",
        Danger::Disruptive,
        RUNNABLE_AND_MACHINES,
        &[
            arg(
                "signal",
                Form::Option(Some('s')),
                Value::Signal,
                "the signal; else KILL",
            ),
            targets(RUNNABLE, WHICH),
        ],
        "send a signal",
    ),
    acts(
        "pause",
        "pause",
        Danger::Disruptive,
        RUNNABLE_SCOPES,
        &[targets(RUNNABLE, WHICH)],
        "freeze, or thaw what is frozen",
    ),
    acts(
        "unpause",
        "unpause",
        Danger::Safe,
        RUNNABLE_SCOPES,
        &[targets(RUNNABLE, WHICH)],
        "thaw what is frozen",
    ),
    alias(
        &["rm", "delete"],
        acts(
            "remove",
            "rm",
            Danger::Destructive,
            &[
                Scope::Kind(Kind::Container),
                Scope::Kind(Kind::Service),
                Scope::Kind(Kind::Project),
                Scope::Kind(Kind::Volume),
                Scope::Kind(Kind::Network),
                Scope::Kind(Kind::Image),
                Scope::Kind(Kind::Machine),
            ],
            &[
                arg(
                    "force",
                    Form::Flag(Some('f')),
                    Value::Text,
                    "running containers too, images by force",
                ),
                arg(
                    "volumes",
                    Form::Flag(Some('v')),
                    Value::Text,
                    "with the anonymous volumes of containers",
                ),
                KIND,
                targets(REMOVABLE, WHICH),
            ],
            "remove",
        ),
    ),
    acts(
        "rename",
        "rename",
        Danger::Disruptive,
        CONTAINERS,
        &[
            required(arg(
                "target",
                Form::Positional,
                Value::Object(CONTAINER),
                "which container",
            )),
            required(arg("name", Form::Positional, Value::Text, "its new name")),
        ],
        "give a container another name",
    ),
    acts(
        "edit",
        "update",
        Danger::Destructive,
        CONTAINERS,
        &[required(arg(
            "target",
            Form::Positional,
            Value::Object(CONTAINER),
            "which container",
        ))],
        "change what it is made of, in place or by replacing it",
    ),
    acts(
        "duplicate",
        "duplicate",
        Danger::Safe,
        CONTAINERS,
        &[
            required(arg(
                "target",
                Form::Positional,
                Value::Object(CONTAINER),
                "which container to take as a pattern",
            )),
            arg("name", Form::Positional, Value::Text, "the new one's name"),
        ],
        "create a container like it",
    ),
    acts(
        "restore",
        "restore",
        Danger::Safe,
        EVERYWHERE,
        &[arg(
            "target",
            Form::Positional,
            Value::Text,
            "HOST/NAME of a container that was removed",
        )],
        "make a container again that was removed, from the journal",
    ),
    acts(
        "create",
        "create",
        Danger::Safe,
        &[
            Scope::Kind(Kind::Container),
            Scope::Kind(Kind::Service),
            Scope::Kind(Kind::Volume),
            Scope::Kind(Kind::Network),
            Scope::Kind(Kind::Image),
            Scope::Kind(Kind::Machine),
        ],
        &[
            ON_HOST,
            arg(
                "name",
                Form::Option(None),
                Value::Text,
                "the container's name",
            ),
            arg(
                "driver",
                Form::Option(None),
                Value::Text,
                "of a volume or network",
            ),
            required(arg(
                "kind",
                Form::Positional,
                Value::Kind(CREATABLE),
                "container, volume or network",
            )),
            required(arg(
                "what",
                Form::Rest,
                Value::Text,
                "a container's image and command; a volume's or network's name",
            )),
        ],
        "create a container, volume or network",
    ),
    acts(
        "run",
        "run",
        Danger::Safe,
        EVERYWHERE,
        &[
            ON_HOST,
            arg(
                "name",
                Form::Option(None),
                Value::Text,
                "the container's name",
            ),
            required(arg("image", Form::Positional, Value::Text, "the image")),
            arg("command", Form::Rest, Value::Text, "command and arguments"),
        ],
        "create a container and start it",
    ),
    acts(
        "pull",
        "pull",
        Danger::Safe,
        EVERYWHERE,
        &[
            ON_HOST,
            arg("platform", Form::Option(None), Value::Text, "linux/arm64"),
            required(arg("image", Form::Positional, Value::Text, "the image")),
        ],
        "get the newest version of an image",
    ),
    acts(
        "tag",
        "tag",
        Danger::Safe,
        &[Scope::Kind(Kind::Image)],
        &[
            required(arg(
                "target",
                Form::Positional,
                Value::Object(&[Kind::Image]),
                "which image",
            )),
            required(arg(
                "reference",
                Form::Positional,
                Value::Text,
                "its further name",
            )),
        ],
        "give an image a further name",
    ),
    acts(
        "connect",
        "connect",
        Danger::Safe,
        &[Scope::Kind(Kind::Network)],
        &[
            required(arg(
                "network",
                Form::Positional,
                Value::Object(&[Kind::Network]),
                "to which network",
            )),
            required(arg(
                "container",
                Form::Positional,
                Value::Object(CONTAINER),
                "which container",
            )),
        ],
        "connect a container to a network",
    ),
    acts(
        "disconnect",
        "disconnect",
        Danger::Disruptive,
        &[Scope::Kind(Kind::Network)],
        &[
            arg(
                "force",
                Form::Flag(Some('f')),
                Value::Text,
                "also when the container does not answer",
            ),
            required(arg(
                "network",
                Form::Positional,
                Value::Object(&[Kind::Network]),
                "from which network",
            )),
            required(arg(
                "container",
                Form::Positional,
                Value::Object(CONTAINER),
                "which container",
            )),
        ],
        "disconnect a container from a network",
    ),
    acts(
        "prune",
        "prune",
        Danger::Destructive,
        EVERYWHERE,
        &[
            arg("host", Form::Option(None), Value::Host, "only this host"),
            arg(
                "all",
                Form::Flag(Some('a')),
                Value::Text,
                "every unused image, named volumes too",
            ),
            required(arg(
                "kind",
                Form::Rest,
                Value::Kind(PRUNABLE),
                "containers, images, volumes, networks",
            )),
        ],
        "remove what nothing uses",
    ),
    acts(
        "exec",
        "exec",
        Danger::Safe,
        &[Scope::Kind(Kind::Container), Scope::Kind(Kind::Machine)],
        &[
            required(arg(
                "target",
                Form::Positional,
                Value::Object(CONTAINER),
                "in which container",
            )),
            arg(
                "command",
                Form::Rest,
                Value::Text,
                "command and arguments; else a shell",
            ),
        ],
        "open a shell in it",
    ),
    acts(
        "attach",
        "attach",
        Danger::Safe,
        CONTAINERS,
        &[required(arg(
            "target",
            Form::Positional,
            Value::Object(CONTAINER),
            "which container",
        ))],
        "talk to its first process",
    ),
    // What reads.
    reads(
        "logs",
        "logs",
        &[
            Scope::Kind(Kind::Container),
            Scope::Kind(Kind::Service),
            Scope::Kind(Kind::Project),
        ],
        &[targets(RUNNABLE, WHICH)],
        "show its logs",
    ),
    reads(
        "logs-all",
        "logs",
        &[
            Scope::Kind(Kind::Container),
            Scope::Kind(Kind::Service),
            Scope::Kind(Kind::Project),
        ],
        &[],
        "show the logs of all marked, or of its whole project",
    ),
    alias(
        &["inspect"],
        reads(
            "describe",
            "inspect",
            TABLES,
            &[KIND, targets(REMOVABLE, WHICH)],
            "describe it and explain its health",
        ),
    ),
    reads(
        "explain",
        "explain",
        CONTAINERS,
        &[targets(RUNNABLE, WHICH)],
        "say why it is unhealthy, restarting or not running",
    ),
    listed(
        "files",
        &[Scope::Kind(Kind::Container), Scope::Kind(Kind::Volume)],
        "look through its files",
    ),
    reads(
        "top",
        "top",
        CONTAINERS,
        &[targets(CONTAINER, WHICH)],
        "show its processes",
    ),
    reads(
        "stats",
        "stats",
        CONTAINERS,
        &[targets(CONTAINER, WHICH)],
        "show what it uses",
    ),
    reads(
        "events",
        "events",
        EVERYWHERE,
        &[],
        "show what happens in the fleet",
    ),
    alias(
        &["history"],
        reads(
            "timeline",
            "history",
            TABLES,
            &[],
            "show what was done to it, from the journal",
        ),
    ),
    // Where to.
    listed("palette", EVERYWHERE, "type a command"),
    listed("help", EVERYWHERE, "show the keys of this view"),
    alias(
        &["machines", "hosts"],
        listed("goto-machines", EVERYWHERE, "go to the machines"),
    ),
    alias(
        &["containers", "ps"],
        listed("goto-containers", EVERYWHERE, "go to the containers"),
    ),
    alias(
        &["services", "projects"],
        listed("goto-services", EVERYWHERE, "go to the services"),
    ),
    alias(
        &["volumes"],
        listed("goto-volumes", EVERYWHERE, "go to the volumes"),
    ),
    alias(
        &["networks"],
        listed("goto-networks", EVERYWHERE, "go to the networks"),
    ),
    alias(
        &["images"],
        listed("goto-images", EVERYWHERE, "go to the images"),
    ),
    alias(
        &["operations", "ops"],
        listed("goto-operations", EVERYWHERE, "go to the operations"),
    ),
    alias(
        &["fleet", "pulses"],
        listed("goto-fleet", EVERYWHERE, "show a tile for each machine"),
    ),
    alias(
        &["overview"],
        listed("goto-overview", EVERYWHERE, "show all panes"),
    ),
    ui("next-pane", EVERYWHERE, "go to the next pane"),
    ui("previous-pane", EVERYWHERE, "go to the previous pane"),
    ui("next-tab", EVERYWHERE, "show the next detail"),
    ui("previous-tab", EVERYWHERE, "show the previous detail"),
    ui("open", EVERYWHERE, "drill into it"),
    ui(
        "back",
        &[Scope::Global, Scope::Help],
        "go back, or end what is open",
    ),
    ui("last-view", EVERYWHERE, "go to where you were before"),
    listed("zoom-in", EVERYWHERE, "show only this pane"),
    listed("zoom-out", EVERYWHERE, "show the other panes again"),
    listed(
        "split-left",
        EVERYWHERE,
        "make the panes at the left narrower",
    ),
    listed(
        "split-right",
        EVERYWHERE,
        "make the panes at the left wider",
    ),
    listed("split-up", EVERYWHERE, "give the details more room"),
    listed("split-down", EVERYWHERE, "give the containers more room"),
    listed("split-reset", EVERYWHERE, "share the room as at first"),
    listed(
        "refresh",
        EVERYWHERE,
        "read everything from the engines anew",
    ),
    listed("redraw", EVERYWHERE, "draw the screen anew"),
    listed("mouse", EVERYWHERE, "turn the mouse on or off"),
    alias(
        &["q", "exit"],
        listed("quit", EVERYWHERE, "go back, then leave the console"),
    ),
    ui(
        "interrupt",
        EVERYWHERE,
        "cancel the operation in front, go back, leave",
    ),
    // Tables.
    ui("filter", TABLES, "show only what matches"),
    ui("down", SCROLLS, "go down"),
    ui("up", SCROLLS, "go up"),
    ui("first", SCROLLS, "go to the top"),
    ui("last", SCROLLS, "go to the bottom"),
    ui("half-page-down", SCROLLS, "go half a page down"),
    ui("half-page-up", SCROLLS, "go half a page up"),
    ui("page-down", SCROLLS, "go a page down"),
    ui("page-up", SCROLLS, "go a page up"),
    ui("scroll-right", SCROLLS, "scroll to the right"),
    ui("scroll-left", SCROLLS, "scroll to the left"),
    ui("mark", MARKS, "mark it, or unmark it"),
    ui("mark-range", MARKS, "mark from here to where you go"),
    ui("mark-all", MARKS, "mark everything the filter shows"),
    ui("unmark", MARKS, "unmark everything"),
    Command {
        args: &[
            arg(
                "reverse",
                Form::Flag(Some('r')),
                Value::Text,
                "the other way round",
            ),
            arg(
                "column",
                Form::Positional,
                Value::Text,
                "by this one; else by the next",
            ),
        ],
        ..listed("sort", TABLES, "sort by the next column")
    },
    Command {
        args: &[arg(
            "column",
            Form::Rest,
            Value::Text,
            "these, in this order; else choose from a list",
        )],
        ..listed("columns", TABLES, "choose the columns of the table")
    },
    Command {
        args: &[arg(
            "by",
            Form::Positional,
            Value::Word(&["none", "host", "project", "tree"]),
            "by what; else the next",
        )],
        ..listed("group", TABLES, "group rows by host or project")
    },
    listed("tree", TABLES, "show who owns what as a tree"),
    listed("fold-row", TABLES, "close or open what is under it"),
    listed("fold-rows", TABLES, "close or open all groups"),
    listed("reverse", TABLES, "reverse the order"),
    listed("wide", TABLES, "show more columns"),
    ui("copy-id", TABLES, "copy the id"),
    ui("copy-cell", TABLES, "copy the cell of the sorted column"),
    ui("menu", TABLES, "choose from all actions"),
    // Objects.
    ui(
        "cancel",
        &[
            Scope::Operations,
            Scope::Prompt,
            Scope::Confirm,
            Scope::Form,
        ],
        "cancel",
    ),
    ui("retry", &[Scope::Operations], "ask for the same once more"),
    // Text.
    ui("search", VIEWS, "search"),
    ui("search-next", VIEWS, "go to the next match"),
    ui("search-previous", VIEWS, "go to the previous match"),
    ui("copy-line", VIEWS, "copy the line, or its value"),
    ui(
        "copy-path",
        VIEWS,
        "copy where the value stands, or the line",
    ),
    ui(
        "save-text",
        VIEWS,
        "save the text to a file, or copy the file out",
    ),
    ui("fold", VIEWS, "close all parts of a document, or open them"),
    ui("wrap", VIEWS, "wrap long lines, or cut them"),
    // Logs.
    of_logs(
        "keep-matching",
        &[PATTERN],
        "keep only matching lines; none: all",
    ),
    of_logs("drop-matching", &[PATTERN], "leave matching lines out"),
    of_logs("follow", &[], "follow new lines, or stand still"),
    of_logs("timestamps", &[], "show times: none, of the day, all"),
    of_logs("zone", &[], "show times in UTC, or in your own zone"),
    of_logs("severity", &[], "hide lines that matter less"),
    of_logs(
        "fields",
        &[],
        "open JSON lines into fields, or leave them as they are",
    ),
    of_logs("colours", &[], "show the lines' own colours, or not"),
    of_logs(
        "only-source",
        &[],
        "show only the lines of this container, or all again",
    ),
    of_logs("since", &[TIME_BACK], "choose which lines are read"),
    of_logs("go-to-time", &[MOMENT], "go to the lines of a time"),
    of_logs("open-line", &[], "show a line with all its fields"),
    of_logs("copy-screen", &[], "copy the lines on the screen"),
    of_logs("clear-log", &[], "forget the lines so far"),
    of_logs(
        "save",
        &[FILE],
        "save the marked lines, else those shown, to a file",
    ),
    of_logs(
        "save-all",
        &[FILE],
        "save all lines to a file, whatever is shown",
    ),
    // Prompts and dialogs.
    ui("accept", PROMPT, "do it"),
    ui(
        "plain-text",
        PROMPT,
        "search for what is typed as it is, or as an expression",
    ),
    ui("complete", PROMPT, "complete the word"),
    ui("complete-back", PROMPT, "take the completion before"),
    ui("history-previous", PROMPT, "take the line before"),
    ui("history-next", PROMPT, "take the line after"),
    ui(
        "activate",
        &[Scope::Confirm, Scope::Form],
        "press the chosen button, take the chosen line",
    ),
    ui("next-field", FORM, "go to the next field"),
    ui("previous-field", FORM, "go to the field before"),
    ui(
        "field-down",
        FORM,
        "go down: in a list, a text, to the next field",
    ),
    ui("field-up", FORM, "go up"),
    ui("pick", FORM, "show what there is to choose"),
    ui("submit", FORM, "review what it would do"),
    ui("next-choice", ASKS, "go to the next choice"),
    ui("previous-choice", ASKS, "go to the choice before"),
    ui("toggle", ASKS, "turn the option on or off"),
];
