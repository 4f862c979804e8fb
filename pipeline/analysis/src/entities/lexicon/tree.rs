//! A tree of characters: the longest phrase from a position on, in time bounded by the longest phrase.

use std::collections::BTreeMap;

use super::Sense;
use crate::entities::fold::{NOTHING, in_word};

/// Marks without meaning that may stand between two letters of a phrase before it counts as something else.
const MARKS: usize = 3;

/// A phrase found in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::entities) struct Match {
    /// Which phrase.
    pub(in crate::entities) phrase: u32,
    /// Where it ends.
    pub(in crate::entities) end: usize,
}

#[derive(Default)]
struct Branch {
    /// Sorted by character.
    next: BTreeMap<char, Branch>,
    phrase: Option<u32>,
}

#[derive(Clone, Copy)]
struct Node {
    /// Its children, which stand side by side: the first, and behind the last.
    next: (u32, u32),
    phrase: Option<u32>,
}

/// All phrases of a language.
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// The character that leads to each node.
    letters: Vec<char>,
    senses: Vec<Vec<Sense>>,
    classes: Vec<u8>,
    first: Box<First>,
}

/// How phrases begin: most characters of most texts begin none.
struct First {
    /// A bit for each first character below U+10000.
    characters: [u64; 1024],
    /// For each two Latin letters, a bit for each third.
    letters: [[u32; 26]; 26],
}

impl First {
    fn note(&mut self, phrase: &[char]) {
        let first = phrase[0] as usize;
        self.characters[first / 64 % 1024] |= 1 << (first % 64);
        if let Some([a, b, c]) = latin(phrase) {
            self.letters[a][b] |= 1 << c;
        }
    }

    /// Whether a phrase may begin as this text does. One of fewer than three letters would end within a word.
    fn may_begin(&self, text: &[char]) -> bool {
        let first = text[0] as usize;
        first <= 0xffff
            && self.characters[first / 64] & (1 << (first % 64)) != 0
            && latin(text).is_none_or(|[a, b, c]| self.letters[a][b] & (1 << c) != 0)
    }
}

/// The first three characters, where all are Latin letters, as numbers below 26.
fn latin(text: &[char]) -> Option<[usize; 3]> {
    let first = text
        .first_chunk::<3>()?
        .map(|c| (c as usize).wrapping_sub('a' as usize));
    first.iter().all(|letter| *letter < 26).then_some(first)
}

impl Tree {
    pub(super) fn build(phrases: Vec<(Vec<char>, Sense)>) -> Self {
        let mut by_text: BTreeMap<Vec<char>, Vec<Sense>> = BTreeMap::new();
        for (text, sense) in phrases {
            let text: Vec<char> = text.into_iter().filter(|c| *c != NOTHING).collect();
            assert!(!text.is_empty(), "the lexicon has an empty phrase for {sense:?}");
            let senses = by_text.entry(text).or_default();
            if !senses.contains(&sense) {
                senses.push(sense);
            }
        }
        let mut root = Branch::default();
        let mut first = Box::new(First {
            characters: [0; 1024],
            letters: [[0; 26]; 26],
        });
        for (number, text) in (0..).zip(by_text.keys()) {
            first.note(text);
            let leaf = text
                .iter()
                .fold(&mut root, |branch, c| branch.next.entry(*c).or_default());
            leaf.phrase = Some(number);
        }
        let (nodes, letters) = flatten(&root);
        let senses: Vec<Vec<Sense>> = by_text.into_values().collect();
        let class = |senses: &Vec<Sense>| senses.iter().fold(0, |class, sense| class | sense.class());
        Self {
            nodes,
            letters,
            classes: senses.iter().map(class).collect(),
            senses,
            first,
        }
    }

    fn child(&self, node: Node, c: char) -> Option<Node> {
        let (first, end) = (node.next.0 as usize, node.next.1 as usize);
        let found = self.letters[first..end].binary_search(&c).ok()?;
        Some(self.nodes[first + found])
    }

    /// The longest phrase from `start` that ends where a word may end.
    pub(super) fn longest(&self, folded: &[char], start: usize) -> Option<Match> {
        if !self.first.may_begin(&folded[start..]) {
            return None;
        }
        let (mut at, mut position, mut found) = (self.nodes[0], start, None);
        let mut marks = 0;
        while let Some(&c) = folded.get(position) {
            if c == NOTHING {
                marks += 1;
                position += 1;
                if marks > MARKS {
                    break;
                }
                continue;
            }
            let Some(child) = self.child(at, c) else {
                break;
            };
            at = child;
            position += 1;
            marks = 0;
            if let Some(phrase) = at.phrase {
                let mut end = position;
                while end - position < MARKS && folded.get(end) == Some(&NOTHING) {
                    end += 1;
                }
                let letter = |c: char| in_word(c) && !c.is_ascii_digit();
                let cut = letter(c) && folded.get(end).is_some_and(|next| letter(*next));
                if !cut {
                    found = Some(Match { phrase, end });
                }
            }
        }
        found
    }

    pub(super) fn class(&self, phrase: u32) -> u8 {
        self.classes[phrase as usize]
    }

    pub(super) fn senses(&self, phrase: u32) -> &[Sense] {
        &self.senses[phrase as usize]
    }
}

/// The nodes level by level, and the characters that lead to them.
fn flatten(root: &Branch) -> (Vec<Node>, Vec<char>) {
    let (mut nodes, mut letters, mut branches) = (Vec::new(), vec![NOTHING], vec![root]);
    while let Some(branch) = branches.get(nodes.len()).copied() {
        let first = branches.len() as u32;
        branches.extend(branch.next.values());
        letters.extend(branch.next.keys());
        nodes.push(Node {
            next: (first, branches.len() as u32),
            phrase: branch.phrase,
        });
    }
    (nodes, letters)
}
