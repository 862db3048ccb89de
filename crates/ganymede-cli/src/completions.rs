//! `ganymede completions SHELL`

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;

use crate::failure::Failure;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ganymede completions bash > ~/.local/share/bash-completion/completions/ganymede
  ganymede completions zsh > ~/.zfunc/_ganymede
  ganymede completions fish > ~/.config/fish/completions/ganymede.fish")]
pub struct Arguments {
    /// The shell to complete in
    shell: Shell,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    // clap_complete panics where its writer fails, which memory does not
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::Cli::command(), "ganymede", &mut script);
    Ok(io::stdout().write_all(&script)?)
}
