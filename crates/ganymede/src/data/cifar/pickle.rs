//! Values in a Python pickle, read and never executed: what the opcodes of CIFAR's files build.
//!
//! ```text
//! {b"data": ndarray, b"labels": [6, 9, ...], ...}
//! ndarray   REDUCE of numpy's _reconstruct, then BUILD of (version, (N, 3072), dtype, False, bytes)
//! ```
//! A call of whatever name becomes a value that holds its state, which BUILD gives it. Any other opcode is an error. Bytes are
//! those of the file, not copies, lists are held once however often they are used, and a pickle of more opcodes than the files
//! have is refused: so none takes much more than its own size.

use std::collections::HashMap;

const IMAGE: usize = super::IMAGE;
/// The published files have 160,000 at most.
const MAX_OPCODES: usize = 2_000_000;

/// A value, of those that the files hold.
#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    None,
    Number(i64),
    /// Text or bytes.
    Bytes(&'a [u8]),
    /// A list or tuple, by its number.
    Sequence(usize),
    /// A list of keys and values in turn, by its number.
    Dictionary(usize),
    /// What a name of a module stands for.
    Global,
    /// What a call would give, by the number of its state.
    Object(usize),
}

/// A batch of images: their bytes, and a class for each.
#[derive(Debug, PartialEq, Eq)]
pub struct Batch<'a> {
    pub images: &'a [u8],
    pub classes: Vec<u32>,
}

impl<'a> Batch<'a> {
    /// # Errors
    /// What is wrong with the pickle.
    pub fn read(pickle: &'a [u8], labels: &str) -> Result<Self, String> {
        let machine = Machine::run(pickle)?;
        let images = match machine.get("data") {
            Some(Value::Object(number)) => machine.array(number)?,
            Some(Value::Bytes(bytes)) => bytes,
            _ => return Err("no array called 'data'".into()),
        };
        let Some(Value::Sequence(list)) = machine.get(labels) else {
            return Err(format!("no list called '{labels}'"));
        };
        let class = |value: &Value| match value {
            Value::Number(class) => u32::try_from(*class).map_err(|_| format!("label {class}")),
            _ => Err("a label that is no number".into()),
        };
        let classes = machine.list(list).iter().map(class).collect::<Result<Vec<_>, _>>()?;
        if images.is_empty() || images.len() != classes.len().saturating_mul(IMAGE) {
            return Err(format!("{} bytes of images and {} labels", images.len(), classes.len()));
        }
        Ok(Batch { images, classes })
    }
}

/// The list of texts that goes by a name.
pub fn texts(pickle: &[u8], name: &str) -> Option<Vec<String>> {
    let machine = Machine::run(pickle).ok()?;
    let Some(Value::Sequence(list)) = machine.get(name) else { return None };
    let text = |value: &Value| match value {
        Value::Bytes(bytes) => std::str::from_utf8(bytes).ok().map(str::to_owned),
        _ => None,
    };
    machine.list(list).iter().map(text).collect()
}

/// What a pickle's opcodes work on.
#[derive(Default)]
struct Machine<'a> {
    stack: Vec<Value<'a>>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<u64, Value<'a>>,
    lists: Vec<Vec<Value<'a>>>,
    /// The states of objects.
    states: Vec<Value<'a>>,
}

impl<'a> Machine<'a> {
    /// The machine after the pickle, with what it has built on the stack.
    fn run(pickle: &'a [u8]) -> Result<Self, String> {
        let mut machine = Machine::default();
        let mut input = Input(pickle);
        for _ in 0..MAX_OPCODES {
            match input.byte()? {
                b'.' => return Ok(machine),
                opcode => machine.step(opcode, &mut input)?,
            }
        }
        Err(format!("more than {MAX_OPCODES} opcodes"))
    }

    /// The value of that name in the dictionary that was built.
    fn get(&self, name: &str) -> Option<Value<'a>> {
        let Some(Value::Dictionary(number)) = self.stack.last() else { return None };
        let named = |pair: &&[Value]| matches!(pair, [Value::Bytes(key), _] if *key == name.as_bytes());
        self.list(*number).chunks_exact(2).rfind(named).and_then(<[Value]>::last).copied()
    }

    fn list(&self, number: usize) -> &[Value<'a>] {
        self.lists.get(number).map_or(&[], Vec::as_slice)
    }

    /// The bytes of an array of images, from its state.
    fn array(&self, number: usize) -> Result<&'a [u8], String> {
        let Some(Value::Sequence(parts)) = self.states.get(number) else {
            return Err("an array without a state".into());
        };
        let [Value::Number(_), Value::Sequence(shape), _, Value::Number(fortran), Value::Bytes(bytes)] =
            self.list(*parts)
        else {
            return Err("an array whose state is not numpy's".into());
        };
        let [Value::Number(count), Value::Number(width)] = self.list(*shape) else {
            return Err("an array that is not of two axes".into());
        };
        let fits = usize::try_from(*count).ok().and_then(|count| count.checked_mul(IMAGE)) == Some(bytes.len());
        if *width != IMAGE as i64 || *fortran != 0 || !fits {
            return Err(format!("an array of {count} x {width} with {} bytes", bytes.len()));
        }
        Ok(bytes)
    }

    fn step(&mut self, opcode: u8, input: &mut Input<'a>) -> Result<(), String> {
        let value = match opcode {
            // PROTO, FRAME
            0x80 => return input.take(1).map(drop),
            0x95 => return input.take(8).map(drop),
            b'(' => {
                self.marks.push(self.stack.len());
                return Ok(());
            }
            // PUT, as a number in text, a byte, or a word; MEMOIZE
            b'p' => return input.line_number().and_then(|place| self.remember(place)),
            b'q' => return input.number(1).and_then(|place| self.remember(place)),
            b'r' => return input.number(4).and_then(|place| self.remember(place)),
            0x94 => return self.remember(self.memo.len() as u64),
            b'0' => return self.pop().map(drop),
            // APPEND, APPENDS, SETITEM, SETITEMS
            b'a' => return self.top(1).and_then(|items| self.extend(items)),
            b's' => return self.top(2).and_then(|items| self.extend(items)),
            b'e' | b'u' => return self.above_mark().and_then(|items| self.extend(items)),
            // GET
            b'g' => input.line_number().and_then(|place| self.recall(place))?,
            b'h' => input.number(1).and_then(|place| self.recall(place))?,
            b'j' => input.number(4).and_then(|place| self.recall(place))?,
            // numbers
            b'K' => Value::Number(input.number(1)? as i64),
            b'M' => Value::Number(input.number(2)? as i64),
            b'J' => Value::Number(i64::from(input.number(4)? as u32 as i32)),
            // INT, which is also how the first protocols write truth: 00 and 01
            b'I' => Value::Number(input.line_number()? as i64),
            0x88 => Value::Number(1),
            0x89 => Value::Number(0),
            b'N' => Value::None,
            // texts and bytes, their lengths in a byte, a word or eight bytes
            b'U' | b'C' | 0x8c => input.counted(1)?,
            b'T' | b'B' | b'X' => input.counted(4)?,
            0x8d | 0x8e => input.counted(8)?,
            // collections
            b']' | b')' => self.sequence(Vec::new()),
            b'}' => self.dictionary(Vec::new()),
            b'l' | b't' => self.above_mark().map(|items| self.sequence(items))?,
            b'd' => self.above_mark().map(|items| self.dictionary(items))?,
            0x85 => self.top(1).map(|items| self.sequence(items))?,
            0x86 => self.top(2).map(|items| self.sequence(items))?,
            0x87 => self.top(3).map(|items| self.sequence(items))?,
            // GLOBAL, STACK_GLOBAL, REDUCE, BUILD: nothing is looked up, and nothing is called
            b'c' => {
                input.line()?;
                input.line()?;
                Value::Global
            }
            0x93 => self.top(2).map(|_| Value::Global)?,
            b'R' => {
                self.top(2)?;
                self.states.push(Value::None);
                Value::Object(self.states.len() - 1)
            }
            b'b' => {
                let state = self.pop()?;
                match self.stack.last() {
                    Some(Value::Object(number)) => {
                        if let Some(place) = self.states.get_mut(*number) {
                            *place = state;
                        }
                    }
                    _ => return Err("a state for what is no object".into()),
                }
                return Ok(());
            }
            other => return Err(format!("opcode {other:#04x}, which such files do not have")),
        };
        self.stack.push(value);
        Ok(())
    }

    fn sequence(&mut self, items: Vec<Value<'a>>) -> Value<'a> {
        self.lists.push(items);
        Value::Sequence(self.lists.len() - 1)
    }

    fn dictionary(&mut self, items: Vec<Value<'a>>) -> Value<'a> {
        self.lists.push(items);
        Value::Dictionary(self.lists.len() - 1)
    }

    /// Adds items to the list or dictionary on top of the stack.
    fn extend(&mut self, items: Vec<Value<'a>>) -> Result<(), String> {
        match self.stack.last() {
            Some(Value::Sequence(number) | Value::Dictionary(number)) => {
                if let Some(list) = self.lists.get_mut(*number) {
                    list.extend(items);
                }
                Ok(())
            }
            _ => Err("items for what is no list".into()),
        }
    }

    fn pop(&mut self) -> Result<Value<'a>, String> {
        self.stack.pop().ok_or_else(|| "a pickle that takes more than there is".into())
    }

    fn top(&mut self, count: usize) -> Result<Vec<Value<'a>>, String> {
        let start = self.stack.len().checked_sub(count).ok_or("a pickle that takes more than there is")?;
        Ok(self.stack.split_off(start))
    }

    fn above_mark(&mut self) -> Result<Vec<Value<'a>>, String> {
        let mark = self.marks.pop().filter(|mark| *mark <= self.stack.len()).ok_or("a mark that is not there")?;
        Ok(self.stack.split_off(mark))
    }

    fn remember(&mut self, place: u64) -> Result<(), String> {
        let value = self.stack.last().ok_or("nothing to remember")?;
        self.memo.insert(place, *value);
        Ok(())
    }

    fn recall(&self, place: u64) -> Result<Value<'a>, String> {
        self.memo.get(&place).copied().ok_or_else(|| format!("nothing remembered at {place}"))
    }
}

/// The rest of a pickle.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, count: u64) -> Result<&'a [u8], String> {
        let parts = usize::try_from(count).ok().and_then(|count| self.0.split_at_checked(count));
        let (taken, rest) = parts.ok_or("a pickle that ends early: it is truncated")?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, String> {
        self.number(1).map(|number| number as u8)
    }

    /// A number of so many bytes, the smallest first.
    fn number(&mut self, bytes: u64) -> Result<u64, String> {
        Ok(self.take(bytes)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// Bytes behind their number.
    fn counted(&mut self, bytes: u64) -> Result<Value<'a>, String> {
        let count = self.number(bytes)?;
        self.take(count).map(Value::Bytes)
    }

    fn line(&mut self) -> Result<&'a [u8], String> {
        let end = self.0.iter().position(|byte| *byte == b'\n').ok_or("a line without an end")?;
        let line = self.take(end as u64)?;
        self.take(1)?;
        Ok(line)
    }

    fn line_number(&mut self) -> Result<u64, String> {
        let text = std::str::from_utf8(self.line()?).map_err(|error| error.to_string())?;
        text.trim().parse().map_err(|_| format!("'{text}' where a number should be"))
    }
}
