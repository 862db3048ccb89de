use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::Mutex,
    thread,
};

use tempfile::TempDir;

use super::*;
use crate::data::Dataset;

const IMAGES: [u8; 18] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7, 9];
const LABELS: [u8; 10] = [0, 0, 8, 1, 0, 0, 0, 2, 4, 1];

fn md5_of(bytes: &[u8]) -> &'static str {
    let digest: String = Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    digest.leak()
}

fn small() -> Published {
    let md5 = [md5_of(&IMAGES), md5_of(&LABELS), md5_of(&IMAGES), md5_of(&LABELS)];
    Published { name: "small", url: "", md5, classes: PUBLISHED[1].classes }
}

/// Answers `requests` requests, images for images and labels for labels, and returns what was asked for.
fn serve(requests: usize) -> (String, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/set/", listener.local_addr().unwrap());
    let handle = thread::spawn(move || {
        let mut asked = Vec::new();
        for _ in 0..requests {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
            let path = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
            lines.find(String::is_empty).unwrap();
            let body: &[u8] = if path.contains("images") { &IMAGES } else { &LABELS };
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len()).unwrap();
            stream.write_all(body).unwrap();
            asked.push(path);
        }
        asked
    });
    (url, handle)
}

#[test]
fn four_files_are_fetched_checked_and_kept() {
    let cache = TempDir::new().unwrap();
    let (url, server) = serve(4);
    let events = Mutex::new(Vec::new());
    let listen = |event: Event<'_>| {
        if let Event::Downloaded { file, bytes, of } = event {
            events.lock().unwrap().push((file.to_owned(), bytes, of));
        }
    };
    let set = small().open_from(&url, None, Some(cache.path()), Split::Test, Some(&listen)).unwrap();
    assert_eq!((set.name(), set.len(), set.classes().len()), ("small", 2, 10));
    assert_eq!(server.join().unwrap(), FILES.map(|file| format!("/set/{file}")));
    assert_eq!(events.lock().unwrap()[0], (FILES[0].to_owned(), 18, 18));
    let mut left: Vec<_> = fs::read_dir(cache.path().join("small")).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [FILES[2], FILES[3], FILES[0], FILES[1]]);
    // a second time there is nobody to ask
    assert_eq!(
        small().open_from("http://127.0.0.1:1/", None, Some(cache.path()), Split::Train, None).unwrap().len(),
        2
    );
}

#[test]
fn a_wrong_checksum_is_an_error_and_leaves_nothing() {
    let cache = TempDir::new().unwrap();
    let (url, server) = serve(1);
    let changed = Published { md5: ["00"; 4], ..small() };
    let error = changed.open_from(&url, None, Some(cache.path()), Split::Train, None).unwrap_err();
    server.join().unwrap();
    assert!(matches!(&error, Error::Download { reason, .. } if reason.contains("MD5")), "{error}");
    assert_eq!(fs::read_dir(cache.path().join("small")).unwrap().count(), 0);
}

#[test]
fn without_a_network_the_error_says_which_files_to_put_where() {
    let (given, cache) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{closed}/");
    for cache in [Some(cache.path()), None] {
        let error = small().open_from(&url, Some(given.path()), cache, Split::Train, None).unwrap_err();
        assert!(matches!(error, Error::Download { .. }), "{error}");
        let text = error.to_string();
        let place = given.path().join("small").display().to_string();
        assert!(FILES.iter().all(|file| text.contains(file)) && text.contains(&place), "{text}");
    }
}

#[test]
fn files_that_are_given_are_used_plain_or_compressed_and_must_fit_the_classes() {
    let given = TempDir::new().unwrap();
    let folder = given.path().join("small");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("train-images-idx3-ubyte"), IMAGES).unwrap();
    fs::write(folder.join("train-labels-idx1-ubyte"), LABELS).unwrap();
    let open = || small().open_from("", Some(given.path()), None, Split::Train, None);
    assert_eq!(open().unwrap().read(0, &mut [0.0]).unwrap(), Some(4));
    let mut foreign = LABELS;
    foreign[9] = 10;
    fs::write(folder.join("train-labels-idx1-ubyte"), foreign).unwrap();
    let text = open().unwrap_err().to_string();
    assert!(text.contains("labels below 10") && text.contains("label 10"), "{text}");
}
