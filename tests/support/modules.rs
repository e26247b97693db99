//! The modules of a crate and which of them uses which, read from the sources: `use` trees whole, and every
//! path in code, inside macros too.
//!
//! A module is a file. Not here: what may use what (`architecture.rs`).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    str::FromStr as _,
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path, segment by segment: `crate::server::guard` is `["server", "guard"]` as a module, and begins with
/// `crate` as a use.
pub(crate) type Segments = Vec<String>;

/// One use of something by name.
#[derive(Debug, Clone)]
pub(crate) struct Use {
    /// As it resolves: `crate`, `::` and what follows; or an external crate and what follows.
    pub(crate) path: Segments,
    /// Only in code that is compiled for tests.
    pub(crate) in_tests: bool,
}

/// A file of a crate.
#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) file: PathBuf,
    pub(crate) uses: Vec<Use>,
}

/// A crate's files by their module path; the root's is empty.
#[derive(Debug)]
pub(crate) struct Modules(pub(crate) BTreeMap<Segments, Module>);

impl Modules {
    /// Reads every module below `src`. `name` is the crate's own name in code, which means `crate`.
    pub(crate) fn read(src: &Path, name: &str) -> Self {
        let mut modules = BTreeMap::new();
        collect(src, src, &mut modules);
        let known: BTreeSet<Segments> = modules.keys().cloned().collect();
        let mut test_modules = Vec::new();
        for (path, module) in &mut modules {
            let text = fs::read_to_string(&module.file).unwrap();
            let tokens =
                TokenStream::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", module.file.display()));
            let mut reader = Reader { name, known: &known, module: path, uses: Vec::new(), tests: Vec::new() };
            let mut scope = Scope { at: path.clone(), in_tests: false, imported: BTreeMap::new() };
            reader.read(tokens, &mut scope);
            module.uses = reader.uses;
            test_modules.extend(reader.tests);
        }
        for (path, module) in &mut modules {
            if test_modules.iter().any(|tests| path.starts_with(tests)) {
                module.uses.iter_mut().for_each(|used| used.in_tests = true);
            }
        }
        Self(modules)
    }

    /// Which module uses which outside of tests: the modules themselves, not what is in them.
    pub(crate) fn edges(&self) -> BTreeMap<&Segments, BTreeSet<&Segments>> {
        let target = |path: &Segments| {
            let path = path.strip_prefix(&["crate".to_owned()])?;
            (0..=path.len()).rev().find_map(|length| self.0.get_key_value(&path[..length])).map(|(module, _)| module)
        };
        self.0
            .iter()
            .map(|(module, Module { uses, .. })| {
                let used = uses.iter().filter(|used| !used.in_tests).filter_map(|used| target(&used.path));
                (module, used.filter(|used| *used != module).collect())
            })
            .collect()
    }

    /// Circles: modules each of which uses the others by way of the others.
    ///
    /// A module and what is below it count as one: a folder's own file names its children and may use them,
    /// and they stand on what is in it. So circles among them are looked for without it.
    pub(crate) fn circles(&self) -> Vec<BTreeSet<&Segments>> {
        let edges = self.edges();
        let mut found = Vec::new();
        let mut open = vec![edges.keys().copied().collect::<BTreeSet<_>>()];
        while let Some(within) = open.pop() {
            for mut circle in strongly_connected(&within, &edges) {
                let shortest = circle.iter().copied().min_by_key(|module| module.len()).unwrap();
                if circle.iter().all(|module| module.starts_with(shortest)) {
                    circle.remove(shortest);
                    open.push(circle);
                } else {
                    found.push(circle);
                }
            }
        }
        found
    }
}

fn collect(root: &Path, folder: &Path, modules: &mut BTreeMap<Segments, Module>) {
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        if file.is_dir() {
            collect(root, &file, modules);
        } else if file.extension().is_some_and(|extension| extension == "rs") {
            let relative = file.strip_prefix(root).unwrap().with_extension("");
            let mut path: Segments = relative.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
            if path == ["lib"] || path.last().is_some_and(|name| name == "mod") {
                path.pop();
            }
            modules.insert(path, Module { file, uses: Vec::new() });
        }
    }
}

/// Groups of more than one module that reach each other inside `within`.
fn strongly_connected<'a>(
    within: &BTreeSet<&'a Segments>,
    edges: &BTreeMap<&'a Segments, BTreeSet<&'a Segments>>,
) -> Vec<BTreeSet<&'a Segments>> {
    let reach = |from: &'a Segments| {
        let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(module) = open.pop() {
            for &next in edges[module].iter().filter(|next| within.contains(*next)) {
                if reached.insert(next) {
                    open.push(next);
                }
            }
        }
        reached
    };
    let reached: BTreeMap<&Segments, BTreeSet<&Segments>> =
        within.iter().map(|&module| (module, reach(module))).collect();
    let mut groups: Vec<BTreeSet<&Segments>> = Vec::new();
    for (&module, reaches) in &reached {
        if reaches.contains(module) && !groups.iter().any(|group| group.contains(module)) {
            groups.push(reaches.iter().copied().filter(|other| reached[other].contains(module)).collect());
        }
    }
    groups
}

/// Where in a file the reader is.
#[derive(Clone)]
struct Scope {
    /// The module, with the modules inside the file.
    at: Segments,
    in_tests: bool,
    /// Modules that a `use` has given a name here.
    imported: BTreeMap<String, Segments>,
}

struct Reader<'a> {
    name: &'a str,
    known: &'a BTreeSet<Segments>,
    module: &'a Segments,
    uses: Vec<Use>,
    /// Modules in files of their own that are compiled for tests only.
    tests: Vec<Segments>,
}

impl Reader<'_> {
    fn read(&mut self, tokens: TokenStream, scope: &mut Scope) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let (mut at, mut for_tests) = (0, false);
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                // An attribute belongs to what follows it.
                TokenTree::Punct(sign) if sign.as_char() == '#' => {
                    if let Some(TokenTree::Group(attribute)) = tokens.get(at) {
                        let text = attribute.stream().to_string().replace(' ', "");
                        for_tests |= text.starts_with("cfg(test") || text.starts_with("cfg(any(test");
                        at += 1;
                    }
                }
                TokenTree::Ident(word) if word == "pub" => {
                    // `pub(in crate::server)` uses nothing.
                    if matches!(tokens.get(at), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis)
                    {
                        at += 1;
                    }
                }
                TokenTree::Ident(word) if word == "use" => {
                    let end =
                        tokens[at..].iter().position(|token| is_sign(token, ';')).map_or(tokens.len(), |end| at + end);
                    for (path, name) in flatten(&tokens[at..end], &Vec::new()) {
                        self.import(path, name, for_tests, scope);
                    }
                    at = end;
                }
                TokenTree::Ident(word) if word == "mod" => {
                    let Some(TokenTree::Ident(name)) = tokens.get(at) else { continue };
                    let inner = [scope.at.as_slice(), &[name.to_string()]].concat();
                    match tokens.get(at + 1) {
                        Some(TokenTree::Group(body)) => {
                            let in_tests = scope.in_tests || for_tests;
                            // Names that were imported outside count inside only after `use super::*`, which
                            // is usual.
                            self.read(
                                body.stream(),
                                &mut Scope { at: inner, in_tests, imported: scope.imported.clone() },
                            );
                            at += 2;
                        }
                        _ if for_tests => self.tests.push(inner),
                        _ => {}
                    }
                }
                TokenTree::Ident(_) => {
                    let path = path_at(&tokens[at - 1..]);
                    at += (path.len() - 1) * 3;
                    if path.len() > 1 {
                        self.found(path, for_tests, scope);
                    }
                }
                TokenTree::Group(group) => {
                    let mut inner = Scope { in_tests: scope.in_tests || for_tests, ..scope.clone() };
                    self.read(group.stream(), &mut inner);
                    // `fn name(…) -> … { … }`: the attribute holds until its body ends.
                    for_tests &= group.delimiter() != Delimiter::Brace;
                }
                TokenTree::Punct(sign) if sign.as_char() == ';' => for_tests = false,
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    fn import(&mut self, path: Segments, name: String, for_tests: bool, scope: &mut Scope) {
        let path = self.resolve(path, scope);
        if path.first().is_some_and(|first| first == "crate") && self.known.contains(&path[1..]) {
            scope.imported.insert(name, path.clone());
        }
        self.uses.push(Use { path, in_tests: scope.in_tests || for_tests });
    }

    fn found(&mut self, path: Segments, for_tests: bool, scope: &Scope) {
        let path = self.resolve(path, scope);
        self.uses.push(Use { path, in_tests: scope.in_tests || for_tests });
    }

    /// Makes a path of this file one from the crate's root. One that begins with a name of the file itself
    /// stays as it is.
    fn resolve(&self, path: Segments, scope: &Scope) -> Segments {
        let from = |module: &[String], rest: &[String]| [&["crate".to_owned()], module, rest].concat();
        let (first, rest) = path.split_first().unwrap();
        match first.as_str() {
            "crate" => path,
            "self" => from(&scope.at, rest),
            "super" => {
                let ups = path.iter().take_while(|segment| *segment == "super").count();
                from(&scope.at[..scope.at.len() - ups], &path[ups..])
            }
            name if name == self.name => from(&[], rest),
            name => {
                let child = [self.module.as_slice(), &[name.to_owned()]].concat();
                match scope.imported.get(name) {
                    Some(module) => [module.as_slice(), rest].concat(),
                    None if self.known.contains(&child) && !child.is_empty() => from(&child, rest),
                    None => path,
                }
            }
        }
    }
}

/// Every path of a `use` tree, with the name that it gives.
fn flatten(tree: &[TokenTree], prefix: &Segments) -> Vec<(Segments, String)> {
    let mut path = prefix.clone();
    let mut tokens = tree.iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) if word == "as" => {
                let name = tokens.next().map(ToString::to_string).unwrap_or_default();
                return vec![(path, name)];
            }
            // Inside braces: what stands in front of them.
            TokenTree::Ident(word) if word == "self" && !prefix.is_empty() => {}
            TokenTree::Ident(word) => path.push(word.to_string()),
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                return inner
                    .split(|token| is_sign(token, ','))
                    .filter(|tree| !tree.is_empty())
                    .flat_map(|tree| flatten(tree, &path))
                    .collect();
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    let name = path.last().cloned().unwrap_or_default();
    if path.is_empty() { Vec::new() } else { vec![(path, name)] }
}

/// The path that begins here: `a::b::c`, one segment at least.
fn path_at(tokens: &[TokenTree]) -> Segments {
    let mut path = Segments::new();
    let mut at = 0;
    while let Some(TokenTree::Ident(word)) = tokens.get(at) {
        path.push(word.to_string());
        match &tokens[at + 1..] {
            [colon, other, TokenTree::Ident(_), ..] if is_sign(colon, ':') && is_sign(other, ':') => at += 3,
            _ => break,
        }
    }
    path
}

fn is_sign(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}
