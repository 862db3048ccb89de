//! Which pictures are there more than once.
//!
//! ```text
//! 64 bits apart in at most 3 places -> equal in at least one of four parts of 16 bits
//! ```
//! So only pictures that share a part are compared, and of those no more than the last few of each part.

use std::collections::{BTreeMap, HashMap};

use super::examine::Finding;

/// Bits in which the fingerprints of pictures that are alike may differ.
const BITS: u32 = 3;
const PARTS: u32 = 4;
/// The mean difference of two thumbnails' numbers, of 255.
const LEVELS: u64 = 4;
/// The largest one: of two drawings that share most of their paper, the mean says little.
const MOST: u8 = 40;
/// Pictures of one part that a picture is compared with.
const COMPARED: usize = 64;
/// Aspect ratios may differ by one in so many.
const ASPECT: u64 = 20;

/// Groups of equal files, each in order.
pub fn same(found: &[Finding]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<[u8; 32], Vec<usize>> = BTreeMap::new();
    for (place, finding) in found.iter().enumerate() {
        groups.entry(finding.digest).or_default().push(place);
    }
    several(groups.into_values())
}

/// Groups of pictures that look the same; of equal files only the first is looked at.
pub fn alike(found: &[Finding], same: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut is_first = vec![true; found.len()];
    same.iter().flat_map(|group| group.iter().skip(1)).for_each(|place| is_first[*place] = false);
    let mut group: Vec<usize> = (0..found.len()).collect();
    let mut parts: HashMap<(u32, u16), Vec<usize>> = HashMap::new();
    for (place, finding) in found.iter().enumerate().filter(|(place, _)| is_first[*place]) {
        for part in 0..PARTS {
            let bits = (finding.fingerprint >> (16 * part)) as u16;
            let others = parts.entry((part, bits)).or_default();
            for other in others.iter().rev().take(COMPARED) {
                if are_alike(finding, &found[*other]) {
                    let (a, b) = (root(&mut group, place), root(&mut group, *other));
                    group[a.max(b)] = a.min(b);
                }
            }
            others.push(place);
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for place in 0..found.len() {
        groups.entry(root(&mut group, place)).or_default().push(place);
    }
    several(groups.into_values())
}

fn several(groups: impl Iterator<Item = Vec<usize>>) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = groups.filter(|group| group.len() > 1).collect();
    groups.sort();
    groups
}

/// The first picture of the group that a picture is in.
fn root(group: &mut [usize], mut place: usize) -> usize {
    while group[place] != place {
        group[place] = group[group[place]];
        place = group[place];
    }
    place
}

fn are_alike(a: &Finding, b: &Finding) -> bool {
    let sides = |finding: &Finding| (u64::from(finding.width), u64::from(finding.height));
    let ((aw, ah), (bw, bh)) = (sides(a), sides(b));
    let (one, other) = (aw * bh, bw * ah);
    let differences = || a.thumbnail.iter().zip(&b.thumbnail).map(|(a, b)| a.abs_diff(*b));
    let difference: u64 = differences().map(u64::from).sum();
    (a.fingerprint ^ b.fingerprint).count_ones() <= BITS
        && one.abs_diff(other) * ASPECT <= one.max(other)
        && difference <= LEVELS * a.thumbnail.len() as u64
        && differences().all(|difference| difference <= MOST)
}
