/* Shows how far a long export is. Without this script the links lead to the same files, without progress.
   The answer is the file in pieces; before each stands a line of JSON: {"rows", "of", "bytes"}, see sips/exporting.py. */
"use strict";

(() => {
    const PROGRESS = "application/x-voipcrm-progress";

    class Frames {
        constructor() {
            this.unread = new Uint8Array(0);
            this.pieces = [];
            this.frame = null;
        }

        add(bytes, onFrame) {
            const joined = new Uint8Array(this.unread.length + bytes.length);
            joined.set(this.unread);
            joined.set(bytes, this.unread.length);
            this.unread = joined;
            while (this.next(onFrame));
        }

        next(onFrame) {
            if (this.frame === null) {
                const end = this.unread.indexOf(10);
                if (end < 0) return false;
                this.frame = JSON.parse(new TextDecoder().decode(this.unread.slice(0, end)));
                this.unread = this.unread.slice(end + 1);
            }
            if (this.unread.length < this.frame.bytes) return false;
            this.pieces.push(this.unread.slice(0, this.frame.bytes));
            this.unread = this.unread.slice(this.frame.bytes);
            onFrame(this.frame);
            this.frame = null;
            return true;
        }
    }

    async function save(link, status, words) {
        const answer = await fetch(link.href, { headers: { Accept: PROGRESS } });
        if (!answer.ok || answer.headers.get("content-type") !== PROGRESS) throw new Error(answer.status);
        const frames = new Frames();
        const reader = answer.body.getReader();
        for (let read = await reader.read(); !read.done; read = await reader.read()) {
            frames.add(read.value, ({ rows, of }) => {
                status.textContent = words.progress.replace("ROWS", rows).replace("ALL", of);
            });
        }
        if (frames.unread.length || frames.frame) throw new Error("cut off");
        const address = URL.createObjectURL(new Blob(frames.pieces));
        const saved = document.createElement("a");
        saved.href = address;
        saved.download = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition"))[1];
        saved.click();
        setTimeout(() => URL.revokeObjectURL(address), 60000);
    }

    document.addEventListener("click", async (event) => {
        const link = event.target.closest("[data-export] a");
        if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        const place = link.closest("[data-export]");
        const status = place.querySelector("[role=status]");
        if (place.dataset.busy) return;
        place.dataset.busy = "yes";
        try {
            await save(link, status, place.dataset);
        } catch {
            status.textContent = place.dataset.failed;
        } finally {
            delete place.dataset.busy;
        }
    });
})();
