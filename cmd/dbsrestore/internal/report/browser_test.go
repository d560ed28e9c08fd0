package report_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/report"
)

// browser starts Chromium, where there is one, and collects what it complains of.
func browser(t *testing.T) (ctx context.Context, complaints func() []string) {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium here")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	var mu sync.Mutex
	var all []string
	err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded: // among them what the policy of the page forbids
			all = append(all, e.Entry.Text)
		case *runtime.EventExceptionThrown:
			all = append(all, e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			all = append(all, fmt.Sprint("console: ", e.Type))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return ctx, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

// colours that text has against what lies behind it, as the page computes them.
const contrasts = `(() => {
  const parse = c => (c.match(/[\d.]+/g) || []).map(Number);
  const luminance = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 }); return .2126 * r + .7152 * g + .0722 * b };
  const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0) return c.slice(0, 3) } return [255, 255, 255] };
  const poor = new Set();
  for (const e of document.querySelectorAll('h1,h2,h3,p,b,td,th,span,text')) {
    const svg = e.tagName === 'text', style = getComputedStyle(e);
    const fore = parse(svg ? style.fill : style.color).slice(0, 3), back = behind(svg ? e.ownerSVGElement : e);
    const [a, b] = [luminance(fore), luminance(back)].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) poor.add(e.tagName + '.' + (e.className.baseVal ?? e.className) + ' ' + ratio.toFixed(2));
  }
  return [...poor].join(', ');
})()`

func TestThePageInABrowser(t *testing.T) {
	ctx, complaints := browser(t)
	for _, n := range []int{10, 1000, 20000} {
		var page bytes.Buffer
		if err := report.HTML(&page, report.New(drill(n))); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), fmt.Sprintf("report-%d.html", n))
		if err := os.WriteFile(file, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := chromedp.Do(ctx, chromedp.Navigate("file://"+file)); err != nil {
			t.Fatal(err)
		}
		for _, media := range []string{"light", "dark", "print"} {
			set := emulation.SetEmulatedMediaParams{Media: "screen", Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: media}}}
			if media == "print" {
				set = emulation.SetEmulatedMediaParams{Media: "print"}
			}
			if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, set); err != nil {
				t.Fatal(err)
			}
			if n == 10 { // more rows have no other colours
				if poor := evaluate[string](t, ctx, contrasts); poor != "" {
					t.Errorf("%s: text of too little contrast: %s", media, poor)
				}
			}
			for _, width := range []int64{400, 900, 1400} {
				if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 2400)); err != nil {
					t.Fatal(err)
				}
				over := evaluate[int](t, ctx, `document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth`)
				if over > 0 {
					t.Errorf("%d restores, %s, %d wide: the page is %d too wide", n, media, width, over)
				}
				shot(t, ctx, fmt.Sprintf("%d-%s-%d.png", n, media, width))
			}
		}
	}
	if all := complaints(); len(all) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(all, "\n"))
	}
}

func evaluate[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// shot keeps a picture of the top of the page in the directory SHOTS, if that is set, to be
// looked at.
func shot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}
